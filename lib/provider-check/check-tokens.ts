import { introspectToken } from '#lib/oauth/introspect-token';
import { isListed } from '#lib/oauth/provider-codes';
import { offersRevocation, revokeGrant } from '#lib/oauth/revoke-token';
import { isOAuthError } from '#lib/oauth/types';
import { failureWords } from '#lib/provider-check/failure-words';
import { madeUp } from '#lib/provider-check/made-up-code';
import type { ResolvedProbe } from '#lib/provider-check/probe';
import type { Finding } from '#lib/provider-check/report';

/** Codes that say nothing of the token: as `gone_codes`, each refused revocation would count as done. */
const ofTheRequest = [
  ...['invalid_request', 'unauthorized_client', 'access_denied', 'unspecified', 'unauthorized', 'forbidden'],
  ...['unsupported_grant_type', 'unsupported_response_type', 'unsupported_media_type', 'bad_request', 'not_allowed'],
];

/** Hands in a token that no server issued: no grant ends by it, and the answer shows whether one could (RFC 7009). */
export async function checkRevocation({ provider, pinned, deps }: ResolvedProbe): Promise<Finding> {
  const base = { check: 'revocation_endpoint', lookedAt: pinned.revocation_endpoint ?? 'revocation_endpoint' } as const;
  if (!offersRevocation(provider, pinned)) {
    const by = provider.revoke.manual_url ? ` People end grants at ${provider.revoke.manual_url}.` : '';
    const mend = 'Write revocation_endpoint into the record where the provider has one (RFC 7009).';
    return { ...base, result: 'unknown', found: `The hub knows no way to revoke here.${by}`, mend };
  }
  try {
    const outcome = await revokeGrant(provider, pinned, { accessToken: madeUp(), refreshToken: madeUp() }, deps);
    if (outcome === 'revoked')
      return { ...base, result: 'passes', found: 'The server took a made-up token for revocation.' };
    const mend = 'Compare revoke.token_kind of the record with the documentation of the provider.';
    return { ...base, result: 'fails', found: 'The server does not revoke tokens of this kind.', mend };
  } catch (error) {
    // GitHub's way: it took the client's credentials, looked for the token and found none.
    if (isOAuthError(error) && error.code === 'token_rejected')
      return { ...base, result: 'passes', found: 'The server knows the client, and does not know the made-up token.' };
    if (isOAuthError(error) && error.code === 'request_rejected' && error.providerError) {
      const found = `The server refused a made-up token with ${error.providerError}.`;
      if (isListed(ofTheRequest, error.providerError) || /^\d+$/.test(error.providerError)) {
        const mend =
          'The code does not say that the token is unknown. Compare revoke of the record, and the rights of the client, with the documentation of the provider.';
        return { ...base, result: 'unknown', found, mend };
      }
      const mend = 'Where this is how the provider says that a token is dead, name the code in the record.';
      const recordLine = `"revoke": { "gone_codes": [${JSON.stringify(error.providerError)}] }`;
      return { ...base, result: 'unknown', found, mend, recordLine };
    }
    const mend = 'Correct revocation_endpoint in the record, and revoke.auth where the client is refused.';
    return { ...base, result: 'fails', mend, ...failureWords(error) };
  }
}

/** Asks about a token that no server issued: it has to be inactive (RFC 7662 §2.2). */
export async function checkIntrospection({ provider, pinned, deps }: ResolvedProbe): Promise<Finding | null> {
  const used = provider.expiry_probe === 'introspect' || provider.identity.source === 'introspection';
  const endpoint = pinned.introspection_endpoint;
  if (!endpoint && !used) return null;
  const base = { check: 'introspection_endpoint', lookedAt: endpoint ?? 'introspection_endpoint' } as const;
  if (!endpoint) {
    const mend = 'Write introspection_endpoint into the record.';
    return { ...base, result: 'fails', found: 'The record uses introspection, and there is no endpoint.', mend };
  }
  try {
    const { active } = await introspectToken(provider, pinned, { token: madeUp() }, deps);
    if (!active) return { ...base, result: 'passes', found: 'The server says that a made-up token is not active.' };
    const mend = 'Do not build on the introspection of this server.';
    return { ...base, result: 'fails', found: 'The server says that a made-up token is active.', mend };
  } catch (error) {
    const unused = used ? '' : ' The record does not use introspection.';
    const { found, mend = 'Compare the rights of the client for introspection in the console.' } = failureWords(error);
    return { ...base, result: used ? 'fails' : 'unknown', found: found + unused, mend };
  }
}
