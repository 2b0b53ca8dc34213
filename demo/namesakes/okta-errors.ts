import { randomBytes } from 'node:crypto';
import type { Ctx, TokenError } from '#demo/namesake';

/** Okta's own errors (developer.okta.com/docs/reference/error-codes/). */
const summaries = {
  E0000007: 'Not found: Resource not found',
  E0000011: 'Invalid token provided',
  E0000047: 'API call exceeded rate limit due to too many requests.',
};

/** The body of an error outside OAuth: `errorCode`, `errorSummary` and an id for Okta's support. */
export function oktaError(errorCode: keyof typeof summaries): Record<string, unknown> {
  const errorId = `oae${randomBytes(16).toString('base64url')}`;
  return { errorCode, errorSummary: summaries[errorCode], errorLink: errorCode, errorId, errorCauses: [] };
}

/**
 * A refused call says in `x-rate-limit-reset` (epoch seconds) when the next may come, and has no `Retry-After`
 * (developer.okta.com/docs/reference/rl-best-practices/).
 */
export function oktaRateLimit(ctx: Ctx, waitSeconds: number | null): Record<string, unknown> {
  ctx.remove('retry-after');
  ctx.set('x-rate-limit-limit', '600');
  ctx.set('x-rate-limit-remaining', '0');
  ctx.set('x-rate-limit-reset', String(Math.floor(Date.now() / 1000) + (waitSeconds ?? 60)));
  return oktaError('E0000047');
}

/** The management API takes tokens of the org server only, so those of a custom authorization server are none. */
export async function oktaApi(ctx: Ctx): Promise<boolean> {
  if (!ctx.path.startsWith('/api/v1/')) return false;
  const known = ctx.path === '/api/v1/users/me';
  ctx.body = oktaError(known ? 'E0000011' : 'E0000007');
  ctx.status = known ? 401 : 404;
  return true;
}

/** The token endpoint keeps to RFC 6749, in Okta's words (developer.okta.com/docs/reference/api/oidc/, "Errors"). */
export function oktaTokenError({ error, description, grantType }: TokenError): Record<string, unknown> {
  return { error, error_description: wordsFor() ?? description ?? error };

  function wordsFor(): string | undefined {
    if (error === 'invalid_client') return 'The client secret supplied for a confidential client is invalid.';
    if (error !== 'invalid_grant') return undefined;
    if (grantType === 'refresh_token') return 'The refresh token is invalid or expired.';
    return 'The authorization code is invalid or has expired.';
  }
}
