import { and, eq } from 'drizzle-orm';
import { endpointsOf } from '#lib/connections/endpoints-of';
import { accessTokenPlace, refreshTokenPlace, sealTokens } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { type RevocationOutcome, revokeGrant } from '#lib/oauth/revoke-token';
import { isOAuthError } from '#lib/oauth/types';

/** What of a revoked connection its provider must be told with. */
export interface RevokedRow {
  id: string;
  provider: string;
  issuer: string;
  accountParams: Record<string, string>;
  /** Sealed. */
  accessToken: string | null;
  refreshToken: string | null;
}

/**
 * Tells the provider that a connection is over; where only a live access token can end the grant, gets one first.
 * @throws OAuthError; a transient one where trying again later makes sense
 */
export async function revokeUpstream(ctx: Context, personId: string, row: RevokedRow): Promise<RevocationOutcome> {
  const provider = ctx.providers.get(row.provider);
  if (!provider) return 'unsupported';
  const accessToken = row.accessToken === null ? null : ctx.vault.open(row.accessToken, accessTokenPlace(row.id));
  const refreshToken = row.refreshToken === null ? null : ctx.vault.open(row.refreshToken, refreshTokenPlace(row.id));
  const pinned = await endpointsOf(ctx, provider, row);
  try {
    return await revokeGrant(provider, pinned, { accessToken, refreshToken }, ctx);
  } catch (error) {
    if (!isOAuthError(error) || error.code !== 'token_rejected' || refreshToken === null) throw error;
    try {
      const fresh = await refreshGrant(provider, pinned, { refreshToken, accountParams: row.accountParams }, ctx);
      // Kept before it is used: should the provider fail now, the next attempt needs what replaced the old tokens.
      await ctx.database.db
        .update(connections)
        .set(await sealTokens(ctx, row.id, fresh, fresh.expires_in))
        .where(and(eq(connections.personId, personId), eq(connections.id, row.id), eq(connections.status, 'revoked')));
      const tokens = { accessToken: fresh.access_token, refreshToken: fresh.refresh_token ?? refreshToken };
      return await revokeGrant(provider, pinned, tokens, ctx);
    } catch (second) {
      // A grant that can no longer be refreshed is over already.
      if (isOAuthError(second) && second.disposition === 'dead_grant') return 'revoked';
      throw second;
    }
  }
}
