/** The fields of an entry, or of a record, that say where something is called. */
interface WithEndpoints {
  readonly issuer?: string | undefined;
  readonly authorization_endpoint?: string | null | undefined;
  readonly token_endpoint?: string | null | undefined;
  readonly refresh_endpoint?: string | null | undefined;
  readonly revocation_endpoint?: string | null | undefined;
  readonly introspection_endpoint?: string | null | undefined;
  readonly pushed_authorization_request_endpoint?: string | null | undefined;
  readonly userinfo_endpoint?: string | null | undefined;
  readonly jwks_uri?: string | null | undefined;
  readonly metadata_url?: string | null | undefined;
  readonly identity?:
    | { readonly endpoint?: string | null | undefined; readonly emails_endpoint?: string | null | undefined }
    | undefined;
  readonly lookups?: readonly { readonly endpoint: string }[] | undefined;
  readonly token_upgrade?: { readonly endpoint: string } | null | undefined;
  readonly token_renewal?: { readonly endpoint: string } | null | undefined;
}

/** Every address of an entry or record, with the path of its field, as `identity.endpoint`. `{parts}` are as written. */
export function endpointTemplates(entry: WithEndpoints): [field: string, template: string][] {
  const { identity, lookups = [], token_upgrade, token_renewal } = entry;
  const all: [field: string, template: string | null | undefined][] = [
    ['issuer', entry.issuer],
    ['authorization_endpoint', entry.authorization_endpoint],
    ['token_endpoint', entry.token_endpoint],
    ['refresh_endpoint', entry.refresh_endpoint],
    ['revocation_endpoint', entry.revocation_endpoint],
    ['introspection_endpoint', entry.introspection_endpoint],
    ['pushed_authorization_request_endpoint', entry.pushed_authorization_request_endpoint],
    ['userinfo_endpoint', entry.userinfo_endpoint],
    ['jwks_uri', entry.jwks_uri],
    ['metadata_url', entry.metadata_url],
    ['identity.endpoint', identity?.endpoint],
    ['identity.emails_endpoint', identity?.emails_endpoint],
    ...lookups.map(({ endpoint }, at): [string, string] => [`lookups.${at}.endpoint`, endpoint]),
    ['token_upgrade.endpoint', token_upgrade?.endpoint],
    ['token_renewal.endpoint', token_renewal?.endpoint],
  ];
  return all.flatMap(([field, template]): [string, string][] => (template ? [[field, template]] : []));
}
