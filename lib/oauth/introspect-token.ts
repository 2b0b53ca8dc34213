import { secretsOfClient } from '#lib/oauth/basic-credentials';
import { clientAuthentication } from '#lib/oauth/client-authentication';
import { clientRequest } from '#lib/oauth/client-request';
import { OAuthError } from '#lib/oauth/oauth-error';
import { readObject, sentAt } from '#lib/oauth/provider-call';
import { saidIn } from '#lib/oauth/provider-said';
import type { OAuthDeps, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

export interface Introspection {
  active: boolean;
  /** Seconds since 1970, or null where the server does not say. */
  exp: number | null;
  /** Seconds since 1970 by the server's clock as it answered; null where the answer has no date. */
  answeredAt: number | null;
  /** Everything that the server said of the token (RFC 7662 §2.2). */
  claims: Record<string, unknown>;
}

/**
 * Asks the server whether a token lives and until when (RFC 7662).
 * @throws OAuthError `unsupported` without an endpoint, `invalid_client`, `request_rejected`, `token_answer_invalid`, or a
 *   transient one
 */
export async function introspectToken(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  { token, kind = 'access_token' }: { token: string; kind?: 'access_token' | 'refresh_token' },
  deps: OAuthDeps,
): Promise<Introspection> {
  const url = pinned.introspection_endpoint;
  if (!url) throw new OAuthError('unsupported', { detail: 'introspection_endpoint' });
  const authentication = await clientAuthentication(provider, pinned);
  const parameters = { token, token_type_hint: kind };
  const response = await clientRequest(provider, pinned, url, parameters, authentication, deps);
  const body = await readObject(response);
  if (!response.ok) {
    const code = response.status === 401 ? 'invalid_client' : 'request_rejected';
    throw new OAuthError(code, {
      ...saidIn(body, [token, ...secretsOfClient(provider)]),
      detail: `http_${response.status}`,
    });
  }
  // Some write both as text.
  const active = ['true', 'false'].includes(String(body?.active)) ? String(body?.active) === 'true' : null;
  if (!body || active === null) throw new OAuthError('token_answer_invalid', { detail: 'active' });
  const answeredAt = sentAt(response);
  return { active, exp: endOf(body, answeredAt ?? deps.now().getTime() / 1000), answeredAt, claims: body };
}

const numberIn = (value: unknown): number | null =>
  typeof value === 'number' || /^\d+(?:\.\d+)?$/.test(String(value)) ? Number(value) : null;

/** From here on a number of seconds would be a moment of the year 5138: it is of milliseconds. */
const firstMilliseconds = 1e11;

/** Seconds since 1970 at the token's end: `exp`, in milliseconds too, else the seconds that are left to it. */
function endOf(body: Record<string, unknown>, answeredAt: number): number | null {
  const exp = numberIn(body.exp);
  if (exp !== null) return exp >= firstMilliseconds ? exp / 1000 : exp;
  const left = numberIn(body.expires_in);
  return left === null ? null : answeredAt + left;
}
