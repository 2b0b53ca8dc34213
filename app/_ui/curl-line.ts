interface CurlInput {
  appUrl: string;
  key: string;
  scopes: readonly string[];
  connectionId: string | undefined;
}

/** For each scope a call that it is enough for; a key shows the first that it may make. */
const calls = [
  ['tokens:vend', 'POST', 'connections/CONNECTION_ID/token'],
  ['connections:read', 'GET', 'connections'],
  ['webhooks:manage', 'GET', 'webhooks'],
  ['applications:manage', 'GET', 'applications'],
  ['connections:create', 'GET', 'connect-sessions/SESSION_ID'],
  ['connections:revoke', 'DELETE', 'connections/CONNECTION_ID'],
] as const;

/** The call that shows a new key at work: the token of a real connection where there is one, else the best it may do. */
export function curlLine({ appUrl, key, scopes, connectionId }: CurlInput): string {
  const [scope, method, path] = calls.find(([scope]) => scopes.includes(scope)) ?? calls[1];
  const request = method === 'GET' ? '' : `-X ${method} `;
  // Only a read ends nothing: the line that revokes names no real connection.
  const of = (scope === 'tokens:vend' && connectionId) || 'CONNECTION_ID';
  return `curl ${request}-H 'Authorization: Bearer ${key}' ${appUrl}/api/v1/${path.replace('CONNECTION_ID', of)}`;
}
