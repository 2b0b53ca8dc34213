import type { Context } from '#lib/context';
import type { ProviderRecord } from '#lib/providers/record';

/** The path at which a provider's answers are taken: its own, or the shared one where the record says so. */
const callbackPath = ({ id, redirect_uri }: Pick<ProviderRecord, 'id' | 'redirect_uri'>): string =>
  redirect_uri === 'shared' ? '/oauth/callback' : `/oauth/callback/${id}`;

/**
 * The redirect URI of a provider, whatever the Host header says (RFC 9700 §2.1: compared exactly). Each provider has its
 * own, so that a code that one server issued is never spent in the flow of another (RFC 9700 §4.4.2.2).
 */
export function redirectUri(
  ctx: Pick<Context, 'config'>,
  provider: Pick<ProviderRecord, 'id' | 'redirect_uri'>,
): string {
  return new URL(callbackPath(provider), ctx.config.appUrl).href;
}
