import type { AuthenticationProof } from '#lib/db/schema/sessions';
import type { ProviderRecord } from '#lib/providers/record';

/** How long ago a person proved at their provider who they are, and how that is known. */
export interface Authentication {
  proof: AuthenticationProof;
  /** Seconds, when the answer was made. */
  ageSeconds: number;
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/**
 * What a sign-in's answer says of that. By `auth_time` (OpenID Connect Core §2) where the record says that the provider
 * gives it: against `iat` of the same token, so that neither our clock nor the provider's need be right. Null where it
 * should and did not. Elsewhere the hub knows only that an answer came now: `session_only`, since the provider may not
 * have asked the person at the browser.
 * @param claims of the checked ID token
 */
export function readAuthentication(
  provider: Pick<ProviderRecord, 'step_up'>,
  claims: Record<string, unknown> | null,
): Authentication | null {
  if (provider.step_up === 'session_only') return { proof: 'session_only', ageSeconds: 0 };
  const { auth_time: authenticatedAt, iat: issuedAt } = claims ?? {};
  if (!isTime(authenticatedAt) || !isTime(issuedAt)) return null;
  return { proof: 'auth_time', ageSeconds: Math.max(0, issuedAt - authenticatedAt) };
}
