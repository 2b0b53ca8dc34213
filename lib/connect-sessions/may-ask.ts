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
