import { fillEndpoint } from '#lib/oauth/account-params';
import { lookUp } from '#lib/oauth/look-up';
import { callProvider, readObject } from '#lib/oauth/provider-call';
import { isOAuthError } from '#lib/oauth/types';
import { failureWords } from '#lib/provider-check/failure-words';
import { madeUp } from '#lib/provider-check/made-up-code';
import type { ResolvedProbe } from '#lib/provider-check/probe';
import type { Finding } from '#lib/provider-check/report';

/** Where the hub learns the identity of the account; null where it asks nothing. */
export function identityUrl({ provider, pinned, parts }: ResolvedProbe): string | null {
  const { source, endpoint, endpoint_field } = provider.identity;
  if (source === 'endpoint' && endpoint && !endpoint_field) return fillEndpoint(provider, endpoint, parts);
  const asks = source === 'userinfo' || source === 'id_token';
  return asks ? (pinned.userinfo_endpoint ?? null) : null;
}

/** Shows a token that no server issued to the address where the hub learns the identity: it has to be refused. */
export async function checkIdentity(probe: ResolvedProbe): Promise<Finding> {
  const { provider, deps, parts } = probe;
  const url = identityUrl(probe);
  const base = { check: 'identity', lookedAt: url ?? `identity.source: ${provider.identity.source}` } as const;
  if (url === null)
    return { ...base, result: 'unknown', found: 'Only the answer to a person’s code tells the account’s identity.' };
  try {
    await lookUp(provider, url, provider.identity, { token: madeUp(), values: parts }, deps);
    return {
      ...base,
      result: 'unknown',
      found: 'The endpoint answers, and it did not refuse a made-up token.',
      mend: 'Make sure that this address answers with the token’s own account, and refuses unknown tokens.',
    };
  } catch (error) {
    if (!isOAuthError(error)) throw error;
    if (error.code === 'token_rejected')
      return { ...base, result: 'passes', found: 'The endpoint answers, and refuses a made-up token.' };
    const detail = error.cause instanceof Error ? error.cause.message : '';
    if (error.code === 'identity_invalid' && /^http_40[03]$/.test(detail))
      return {
        ...base,
        result: 'passes',
        found: `The endpoint answers, and refuses a made-up token (status ${detail.slice(5)}).`,
      };
    const mend = 'Correct userinfo_endpoint, or identity.endpoint, in the record.';
    const words = failureWords(error);
    const found =
      /^http_\d/.test(detail) && error.code === 'identity_invalid'
        ? `The endpoint answers with status ${detail.slice(5)}.`
        : words.found;
    return { ...base, result: 'fails', mend, ...words, found };
  }
}

const asymmetric = /^(RS|PS|ES)\d|^EdDSA$|^Ed25519$/;

/** The algorithms that a key may serve, by its own word or by its type (RFC 7518 §3.1, RFC 8037). */
function algorithmsOf({ alg, kty, crv }: Record<string, unknown>): string[] {
  if (typeof alg === 'string') return [alg];
  if (kty === 'RSA') return ['RS256', 'PS256'];
  if (kty === 'OKP') return ['EdDSA'];
  return kty === 'EC' ? [crv === 'P-384' ? 'ES384' : crv === 'P-521' ? 'ES512' : 'ES256'] : [];
}

/** The server's keys, for providers with ID tokens that the hub checks (RFC 7517). */
export async function checkKeys({ provider, pinned, deps }: ResolvedProbe): Promise<Finding | null> {
  const openid = [...provider.scopes, ...provider.sign_in_scopes].includes('openid');
  if (!openid) return null;
  const base = { check: 'jwks', lookedAt: pinned.jwks_uri ?? 'jwks_uri' } as const;
  if (!pinned.jwks_uri) {
    const mend = 'Write jwks_uri into the record, or take openid out of the scopes.';
    return { ...base, result: 'fails', found: 'The record asks for openid, and no keys are published.', mend };
  }
  try {
    const response = await callProvider(provider, pinned.jwks_uri, { headers: { accept: 'application/json' } }, deps);
    const body = response.ok ? await readObject(response) : null;
    const keys = Array.isArray(body?.keys) ? body.keys : null;
    const mend = 'Correct jwks_uri in the record.';
    if (!keys)
      return { ...base, result: 'fails', found: `The answer is no set of keys (status ${response.status}).`, mend };
    const signing = keys.filter(
      (key): key is Record<string, unknown> => typeof key === 'object' && key !== null && key.use !== 'enc',
    );
    const found = [...new Set(signing.flatMap(algorithmsOf))].filter((alg) => asymmetric.test(alg)).slice(0, 8);
    // Without a list, servers sign with RS256 (OpenID Connect Discovery §3).
    const announced = pinned.id_token_signing_alg_values_supported ?? ['RS256'];
    const count = `${signing.length} ${signing.length === 1 ? 'key' : 'keys'} for ${found.join(', ') || 'no algorithm that the hub takes'}`;
    if (found.some((alg) => announced.includes(alg)))
      return { ...base, result: 'passes', found: `The server publishes ${count}.` };
    return {
      ...base,
      result: 'fails',
      found: `The server publishes ${count}; its ID tokens are signed with ${announced.slice(0, 8).join(', ')}.`,
      mend: 'Name the algorithms that the server signs with, or have it sign with a key pair.',
      recordLine: found[0] ? `"id_token_signing_alg_values_supported": ${JSON.stringify(found)}` : undefined,
    };
  } catch (error) {
    return { ...base, result: 'fails', ...failureWords(error) };
  }
}
