import type { ProviderRecordInput } from '#lib/config/provider-record';
import type { ProviderRecord } from '#lib/providers/record';

type Fault = [field: string, message: string];

function tenantFaults(record: ProviderRecord): Fault[] {
  const { tenant_issuer: rule } = record;
  if (!rule) return [];
  const faults: Fault[] = [];
  const field = 'tenant_issuer';
  if (URL.parse(rule.template)?.origin !== URL.parse(record.issuer)?.origin)
    faults.push([field, 'its template must be at the origin of issuer, since it uses the metadata and keys of issuer']);
  if (record.identity.issuer !== null)
    faults.push(['identity.issuer', 'cannot go with tenant_issuer: the subject of one tenant may be that of another']);
  if (record.account_params.length + record.redirect_parts.length > 0)
    faults.push([field, 'cannot go with account_params or redirect_parts']);
  if (record.trusted_email && rule.tenants === null)
    // Each tenant's administrator writes any address into it, that of an administrator of this hub too.
    faults.push([
      'trusted_email',
      'needs tenant_issuer.tenants: anybody may open a tenant and claim any address there',
    ]);
  return faults;
}

function idTokenFaults(record: ProviderRecord, entry: ProviderRecordInput): Fault[] {
  const faults: Fault[] = [];
  const asked = [record.connect ? record.scopes : null, record.sign_in ? record.sign_in_scopes : null];
  const flows = asked.filter((scopes) => scopes !== null);
  const field = (['tenant_issuer', 'dangerously_without_nonce', 'dangerously_without_id_token'] as const).find(
    (name) => record[name],
  );
  const openid = flows.filter((scopes) => scopes.includes('openid')).length;
  if (record.tenant_issuer ? openid < flows.length : openid === 0 && field)
    faults.push([field ?? '', 'needs the scope openid: without it there is no ID token']);
  if (!record.dangerously_without_id_token) return faults;
  const name = 'dangerously_without_id_token';
  if (record.tenant_issuer) faults.push([name, 'cannot go with tenant_issuer: the ID token names the tenant']);
  if (entry.identity?.source === 'id_token') faults.push([name, 'cannot go with identity.source id_token']);
  if (record.sign_in && record.step_up === 'auth_time')
    faults.push([name, 'cannot go with step_up auth_time, which the ID token says']);
  return faults;
}

/** Facts that nothing provides, so that no connection could ever be made. */
function sourceFaults(record: ProviderRecord): Fault[] {
  const { identity, discovery, lookups } = record;
  const faults: Fault[] = [];
  const silent = discovery === 'none';
  if (identity.source === 'none' && record.sign_in)
    faults.push(['sign_in', 'cannot go with identity.source none: nothing would say who signs in']);
  if (identity.source === 'none' && record.tenant_issuer)
    faults.push(['identity.source', 'none cannot go with tenant_issuer']);
  if (identity.source === 'userinfo' && silent && !record.userinfo_endpoint)
    faults.push(['userinfo_endpoint', 'is required for identity.source userinfo, since no metadata says it']);
  if (identity.source === 'endpoint' && !identity.endpoint && !identity.endpoint_field)
    faults.push(['identity.endpoint', 'is required (or endpoint_field) for identity.source endpoint']);
  if (identity.source === 'introspection' && silent && !record.introspection_endpoint)
    faults.push(['introspection_endpoint', 'is required for identity.source introspection']);
  const field = identity.endpoint_field;
  if (identity.source === 'endpoint' && field && !identity.endpoint) {
    if (!record.response_fields.includes(field))
      faults.push(['identity.endpoint_field', `"${field}" is not among response_fields`]);
    if (!record.url_field_hosts[field])
      faults.push(['identity.endpoint_field', `"${field}" is not among url_field_hosts`]);
    if (record.redirect_fields.includes(field))
      faults.push(['identity.endpoint_field', `"${field}" is among redirect_fields, which the browser can edit`]);
  }
  const chosen = lookups.filter(({ choose }) => choose).map(({ name }) => name);
  const twice = chosen.find((name, at) => chosen.indexOf(name) !== at);
  if (twice) faults.push(['lookups', `two lists are called "${twice}": give each a name`]);
  const names = lookups.flatMap(({ fields }) => Object.keys(fields));
  const same = names.find((name, at) => names.indexOf(name) !== at);
  if (same) faults.push(['lookups', `"${same}" is the field of two look-ups`]);
  return faults;
}

/**
 * Records that would let a browser decide the identity: a code of somebody else, or a field of the redirect that it
 * edits.
 */
function signInFaults(record: ProviderRecord): Fault[] {
  if (!record.sign_in) return [];
  const faults: Fault[] = [];
  // Only an ID token that must come, with a nonce that must be in it, ties a code to the browser as PKCE does.
  const hasNonce =
    record.sign_in_scopes.includes('openid') &&
    !record.dangerously_without_nonce &&
    !record.dangerously_without_id_token;
  if (record.dangerously_without_pkce && !hasNonce)
    faults.push([
      'dangerously_without_pkce',
      'cannot go with sign_in, except with openid among sign_in_scopes and an ID token that always has the nonce: a stolen code could sign anybody in (RFC 9700 §2.1.1)',
    ]);
  // Sent all the same, but a server that ignores the challenge takes a stolen code (RFC 6749 §3.1).
  else if (!record.code_challenge_methods_supported && !hasNonce)
    faults.push([
      'code_challenge_methods_supported',
      'must say ["S256"] for sign_in, except with openid among sign_in_scopes and an ID token that always has the nonce: nothing says that the server checks PKCE, so a stolen code could sign anybody in (RFC 9700 §2.1.1)',
    ]);
  const { key, email, email_verified, email_hosted } = record.identity;
  const read: [field: string, path: string | null][] = [
    ...key.map((path): [string, string] => ['identity.key', path]),
    ['identity.email', email],
    ['identity.email_verified', email_verified],
    ['identity.email_hosted', email_hosted?.claim ?? null],
  ];
  for (const [field, path] of read) {
    if (path !== null && record.redirect_fields.includes(path))
      faults.push([field, `"${path}" is among redirect_fields, which the browser can edit: it cannot go with sign_in`]);
  }
  return faults;
}

/** The parts of the identity that a record contradicts, or leaves open. @returns a sentence for each fault */
export function identityFaults(pairs: readonly { entry: ProviderRecordInput; record: ProviderRecord }[]): string[] {
  return pairs.flatMap(({ record, entry }) => {
    const parts = [tenantFaults(record), idTokenFaults(record, entry), sourceFaults(record), signInFaults(record)];
    const faults = parts.flat();
    return faults.map(([field, message]) => `PROVIDERS_FILE: "${record.id}", ${field}: ${message}`);
  });
}
