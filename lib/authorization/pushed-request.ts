import type { Context } from '#lib/context';
import { pushAuthorization, pushes } from '#lib/oauth/push-authorization';
import type { AccountParamValues, PinnedEndpoints } from '#lib/oauth/types';
import { callProtected, NotAsked } from '#lib/provider-calls/call-protected';
import { callTarget } from '#lib/provider-calls/call-target';
import type { ProviderRecord } from '#lib/providers/record';

/** How long a browser waits for a slot of the provider. */
const patienceMs = 5_000;

/**
 * The address for the browser: the request itself, or a reference to it where it is pushed to the server first (RFC 9126).
 * @throws OAuthError as `pushAuthorization`, AppError `provider_unavailable` where the provider is not answering
 */
export async function pushedWhereWanted(
  ctx: Context,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  request: URL,
  accountParams: AccountParamValues,
): Promise<URL> {
  if (!pushes(pinned)) return request;
  // The account is not known yet, so the circuit of none is touched.
  const target = callTarget(provider, { issuer: pinned.issuer, subject: '', accountParams: { ...accountParams } });
  try {
    return await callProtected(ctx, target, patienceMs, (ask) =>
      ask(() => pushAuthorization(provider, pinned, request, ctx)),
    );
  } catch (error) {
    throw error instanceof NotAsked ? error.answer : error;
  }
}
