import type { MetadataChange, MetadataFacts } from '#lib/db/schema/provider-metadata';

/** Where the hub, or a person's browser, would send something. */
const endpointMembers = [
  ...['authorization_endpoint', 'token_endpoint', 'revocation_endpoint', 'introspection_endpoint'],
  ...['userinfo_endpoint', 'jwks_uri', 'pushed_authorization_request_endpoint'],
] as const;

/** RFC 8414 §2, RFC 9126 §5, RFC 9207 §3, RFC 9449 §5.1, OpenID Connect Discovery §3. */
const members = [
  ...['issuer', ...endpointMembers],
  ...['code_challenge_methods_supported', 'authorization_response_iss_parameter_supported'],
  ...['require_pushed_authorization_requests', 'dpop_signing_alg_values_supported'],
  ...['token_endpoint_auth_methods_supported', 'revocation_endpoint_auth_methods_supported'],
  ...['introspection_endpoint_auth_methods_supported', 'id_token_signing_alg_values_supported'],
  ...['grant_types_supported', 'response_types_supported', 'scopes_supported'],
] as const;

const longestText = 2_000;
const mostTexts = 200;

function factOf(value: unknown): MetadataFacts[string] | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.length > 0 && value.length <= longestText ? value.toWellFormed() : null;
  if (!Array.isArray(value)) return null;
  const texts = value.filter((one): one is string => typeof one === 'string' && one.length <= 200);
  // The order of a list says nothing: a server that sorts it anew has not changed.
  return [...new Set(texts.map((text) => text.toWellFormed()))].sort().slice(0, mostTexts);
}

/** The facts of a metadata document, bounded. PostgreSQL takes no zero byte in a text. */
export function factsOf(document: Readonly<Record<string, unknown>>): MetadataFacts {
  const facts = members.flatMap((name): [string, MetadataFacts[string]][] => {
    const fact = factOf(document[name]);
    return fact === null || JSON.stringify(fact).includes('\\u0000') ? [] : [[name, fact]];
  });
  return Object.fromEntries(facts);
}

/** Every member that differs, in the order of the standard. */
export function changesOf(before: MetadataFacts, after: MetadataFacts): MetadataChange[] {
  return members.flatMap((name) => {
    const change = { name, before: before[name] ?? null, after: after[name] ?? null };
    return JSON.stringify(change.before) === JSON.stringify(change.after) ? [] : [change];
  });
}

const originOf = (fact: unknown): string | undefined =>
  typeof fact === 'string' ? URL.parse(fact)?.origin : undefined;

/**
 * The endpoints that are at another host than the accepted ones, or new at a host that no accepted endpoint has. A
 * take-over of the metadata would look like that.
 */
export function movedEndpoints(accepted: MetadataFacts, after: MetadataFacts): string[] {
  const known = new Set(['issuer', ...endpointMembers].map((name) => originOf(accepted[name])));
  return endpointMembers.filter((name) => {
    const [old, now] = [originOf(accepted[name]), originOf(after[name])];
    if (now === undefined || now === old) return false;
    return old !== undefined || !known.has(now);
  });
}
