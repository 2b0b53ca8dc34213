import type { Context } from '#lib/context';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { isOwnIssuer } from '#lib/oauth/tenant-issuer';
import { OAuthError, type PinnedEndpoints } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

/**
 * The provider's endpoints for a connection that exists. Where the operator has since pointed the provider at another
 * authorization server, its tokens are not shown to that one.
 * @throws OAuthError `discovery_issuer` (configuration), or what discovery says
 */
export async function endpointsOf(
  ctx: Pick<Context, 'fetch' | 'now'>,
  provider: ProviderRecord,
  connection: { issuer: string; accountParams: Record<string, string> },
): Promise<PinnedEndpoints> {
  const pinned = await resolveEndpoints(provider, ctx, connection.accountParams, { connected: true });
  // A tenant that the record no longer lists connects no more; its connections may still be ended.
  const own = provider.identity.issuer
    ? provider.identity.issuer === connection.issuer
    : connection.issuer === pinned.issuer || isOwnIssuer(provider, pinned, connection.issuer, { listed: false });
  if (!own) {
    throw new OAuthError('discovery_issuer', { detail: 'connected_elsewhere' });
  }
  return pinned;
}
