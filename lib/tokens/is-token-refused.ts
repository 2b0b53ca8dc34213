import type { Context } from '#lib/context';
import { isOAuthError } from '#lib/oauth/types';
import { askIdentity, hasIdentityCall, type ShownToken } from '#lib/provider-calls/ask-identity';
import { callProtected } from '#lib/provider-calls/call-protected';
import { callTarget } from '#lib/provider-calls/call-target';
import { endpointsOf } from '#lib/provider-calls/endpoints-of';
import type { ProviderRecord } from '#lib/providers/record';

/** How long a caller may wait until the provider can be asked. */
const patienceMs = 5000;

/**
 * Asks the provider by a harmless call, the one for the account's identity, whether it still takes an access token.
 * True only where it clearly refuses it (401): a record without such a call, an outage and all other answers prove
 * nothing.
 */
export async function isTokenRefused(
  ctx: Context,
  provider: ProviderRecord,
  shown: ShownToken & { issuer: string; subject: string },
): Promise<boolean> {
  if (!hasIdentityCall(provider)) return false;
  const show = async () => askIdentity(ctx, provider, await endpointsOf(ctx, provider, shown), shown);
  try {
    await callProtected(ctx, callTarget(provider, shown), patienceMs, (ask) => ask(show));
    return false;
  } catch (error) {
    if (isOAuthError(error) && error.code === 'token_rejected') return true;
    ctx.log.debug({ event: 'token_check_failed', provider: provider.id, err: error });
    return false;
  }
}
