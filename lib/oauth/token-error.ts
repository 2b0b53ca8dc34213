import { errorToken, OAuthError, type OAuthErrorCode } from '#lib/oauth/oauth-error';
import { valueAt } from '#lib/oauth/provider-call';
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
/** Whether a code says that the client's own credentials were refused, so that nothing of the request was acted on. */
export const isClientRefusal = (error: string): boolean => clientCodes.has(error) && error !== 'unauthorized_client';

const spentCodes = new Set(['invalid_grant', 'bad_verification_code', 'invalid_code', 'code_already_used']);
const transientCodes = new Set(['temporarily_unavailable', 'server_error', 'slow_down', 'internal_error']);
const scopeCodes = new Set(['invalid_scope']);

/** Some servers number their errors. */
const textOf = (value: unknown): unknown => (Number.isSafeInteger(value) ? String(value) : value);

/** The provider's error code in an answer, wherever it stands: `error`, or inside an error object. */
export function providerErrorOf(body: Record<string, unknown>): string | null {
  const { error } = body;
  const text = textOf(error);
  if (typeof text === 'string' && text !== '') return errorToken(text) ?? 'unspecified';
  if (typeof error === 'object' && error !== null) {
    for (const member of ['code', 'type', 'error']) {
      const token = errorToken(textOf((error as Record<string, unknown>)[member]));
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
  const ends = [...provider.dead_codes, ...provider.reuse_codes];
  if (grant === 'refresh_token' && ends.includes(error)) return deadGrant(error, status);
  return new OAuthError(codeFor(error), { providerError: error, detail: `http_${status}` });
}

/** The refusal that ends a grant. @param error the provider's code, where it gave one */
export const deadGrant = (error: string | null, status: number): OAuthError =>
  new OAuthError('invalid_grant', { providerError: error, detail: `http_${status}`, disposition: 'dead_grant' });

/** Whether one of the record's `dead_answers` describes this answer: for servers that end a grant without an `error`. */
export function saysDead(provider: OAuthProvider, status: number, body: Record<string, unknown>): boolean {
  return provider.dead_answers.some((rule) => {
    if (rule.status !== undefined && rule.status !== status) return false;
    return rule.path === undefined || String(valueAt(body, rule.path)) === rule.value;
  });
}
