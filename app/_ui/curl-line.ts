interface CurlInput {
  appUrl: string;
  key: string;
  scopes: readonly string[];
  connectionId: string | undefined;
}

/** The call that shows a new key at work: the token of a real connection where there is one, else the best it may do. */
export function curlLine({ appUrl, key, scopes, connectionId }: CurlInput): string {
  const bearer = `-H 'Authorization: Bearer ${key}'`;
  if (scopes.includes('tokens:vend')) {
    return `curl -X POST ${bearer} ${appUrl}/api/v1/connections/${connectionId ?? 'CONNECTION_ID'}/token`;
  }
  if (scopes.includes('connections:read')) return `curl ${bearer} ${appUrl}/api/v1/connections`;
  return `curl -X DELETE ${bearer} ${appUrl}/api/v1/connections/CONNECTION_ID`;
}
