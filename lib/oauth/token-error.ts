import { errorToken, OAuthError, type OAuthErrorCode } from '#lib/oauth/oauth-error';
import type { OAuthProvider } from '#lib/oauth/types';

export type Grant = 'authorization_code' | 'refresh_token';

// RFC 6749 §5.2 and what GitHub and Slack say in its place.
const clientCodes = new Set([
  ...[
    'invalid_client',
    'unauthorized_client',
    'incorrect_client_credentials',
    'invalid_client_id',
    'bad_client_secret',
  ],
]);
const spentCodes = new Set(['invalid_grant', 'bad_verification_code', 'invalid_code', 'code_already_used']);
const transientCodes = new Set(['temporarily_unavailable', 'server_error', 'slow_down', 'internal_error']);
const scopeCodes = new Set(['invalid_scope']);

/** The provider's error code in an answer, wherever it stands: `error`, or inside an error object. */
export function providerErrorOf(body: Record<string, unknown>): string | null {
  const { error } = body;
  if (typeof error === 'string' && error !== '') return errorToken(error) ?? 'unspecified';
  if (typeof error === 'object' && error !== null) {
    for (const member of ['code', 'type', 'error']) {
      const token = errorToken((error as Record<string, unknown>)[member]);
      if (token) return token;
    }
    return 'unspecified';
  }
  return body.ok === false ? 'unspecified' : null;
}

function codeFor(error: string): OAuthErrorCode {
  if (clientCodes.has(error)) return 'invalid_client';
  if (spentCodes.has(error)) return 'invalid_grant';
  if (transientCodes.has(error)) return 'provider_unavailable';
  return scopeCodes.has(error) ? 'invalid_scope' : 'request_rejected';
}

/**
 * A coded refusal of the token endpoint. Only a refresh, and only a code the record lists in `dead_codes` or `reuse_codes`, is a
 * `dead_grant`; the same code for an authorization code means that the code is spent or wrong. Status 429 and 5xx
 * never come here.
 */
export function tokenEndpointError(provider: OAuthProvider, grant: Grant, error: string, status: number): OAuthError {
  const options = { providerError: error, detail: `http_${status}` };
  const ends = [...provider.dead_codes, ...provider.reuse_codes];
  if (grant === 'refresh_token' && ends.includes(error)) {
    return new OAuthError('invalid_grant', { ...options, disposition: 'dead_grant' });
  }
  return new OAuthError(codeFor(error), options);
}
