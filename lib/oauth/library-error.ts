import { isOAuthError, OAuthError, type OAuthErrorCode } from '#lib/oauth/oauth-error';

/** The errors of openid-client and oauth4webapi nest as `cause`; so does what our fetch threw into them. */
function* causes(error: unknown): Generator<Record<string, unknown>> {
  let value: unknown = error;
  for (let depth = 0; depth < 6 && typeof value === 'object' && value !== null; depth += 1) {
    yield value as Record<string, unknown>;
    value = (value as Record<string, unknown>).cause;
  }
}

const claimCodes: Record<string, OAuthErrorCode> = {
  nonce: 'id_token_nonce',
  aud: 'id_token_audience',
  azp: 'id_token_audience',
  iss: 'id_token_issuer',
  exp: 'id_token_expired',
  nbf: 'id_token_expired',
};

/** The first required claim that an ID token lacks, in the order of their importance. */
function missingClaim(claims: Record<string, unknown>): OAuthErrorCode {
  const missing = ['iss', 'aud', 'nonce', 'exp'].find((name) => claims[name] === undefined);
  return (missing && claimCodes[missing]) || 'id_token_malformed';
}

function codeOf(details: Record<string, unknown>[]): OAuthErrorCode {
  for (const detail of details) {
    if (typeof detail.claim === 'string') return claimCodes[detail.claim] ?? 'id_token_malformed';
    if ('signature' in detail) return 'id_token_signature';
    if ('alg' in detail || 'reason' in detail) return 'id_token_alg';
    if ('candidates' in detail) return 'id_token_signature';
    if (typeof detail.claims === 'object' && detail.claims)
      return missingClaim(detail.claims as Record<string, unknown>);
    if (typeof detail.body === 'object' && detail.body) return 'id_token_missing';
  }
  return 'id_token_malformed';
}

/** Whether several published keys fit an ID token's header: openid-client refuses that. */
export const severalKeysFit = (error: unknown): boolean =>
  [...causes(error)].some(({ candidates }) => Array.isArray(candidates) && candidates.length > 1);

/**
 * Turns an error of openid-client into an OAuthError. The library's errors hold whole answers, tokens included, on
 * `cause`; only the code is kept. The token answer was straightened before the library saw it, so only the ID token and
 * the configuration can still fail.
 */
export function fromLibrary(error: unknown): OAuthError {
  const chain = [...causes(error)];
  for (const link of chain) if (isOAuthError(link)) return link;
  const code = chain.map((link) => link.code).find((value) => typeof value === 'string');
  const detail = typeof code === 'string' ? code : 'unknown';
  if (detail === 'OAUTH_TIMEOUT' || detail === 'OAUTH_ABORT') return new OAuthError('provider_timeout', { detail });
  // The token answer was straightened, so a body that is no JSON is the key set's.
  if (/RESPONSE_IS_NOT/.test(detail)) return new OAuthError('provider_unavailable', { detail: 'jwks' });
  if (/SERVER_METADATA|FORBIDDEN|^ERR_/.test(detail)) return new OAuthError('discovery_incomplete', { detail });
  return new OAuthError(codeOf(chain), { detail });
}
