import type { Context } from '#lib/context';
import type { applications } from '#lib/db/schema/applications';

/** The scopes that an application may ask of a provider, and asks for where a session names none. */
export function scopesOf(
  { providers }: Pick<Context, 'providers'>,
  { scopes }: Pick<typeof applications.$inferSelect, 'scopes'>,
  provider: string,
): string[] {
  // An own property: the provider's id comes from a request.
  const own = Object.hasOwn(scopes, provider) ? scopes[provider] : undefined;
  return [...(own ?? providers.get(provider)?.scopes ?? [])];
}

/** Whether it may ask for each of these. */
export function mayAskScopes(
  ctx: Pick<Context, 'providers'>,
  application: Pick<typeof applications.$inferSelect, 'scopes'>,
  provider: string,
  asked: readonly string[],
): boolean {
  const allowed = scopesOf(ctx, application, provider);
  return asked.every((scope) => allowed.includes(scope));
}

/** What an administrator allows an application, as its row says. */
type Allowed = Pick<typeof applications.$inferSelect, 'providers' | 'scopes'>;

export const mayConnect = ({ providers }: { providers: readonly string[] | null }, provider: string): boolean =>
  providers === null || providers.includes(provider);

/**
 * The code of what an application may not have of a grant, or null: a provider, or scopes that were asked for. A change of
 * the provider's own record takes nothing from a grant.
 */
export function refusedNow(
  allowed: Allowed,
  { provider, scopesRequested }: { provider: string; scopesRequested: readonly string[] },
): 'unknown_provider' | 'insufficient_scope' | null {
  if (!mayConnect(allowed, provider)) return 'unknown_provider';
  const own = Object.hasOwn(allowed.scopes, provider) ? allowed.scopes[provider] : undefined;
  return own && !scopesRequested.every((scope) => own.includes(scope)) ? 'insufficient_scope' : null;
}
