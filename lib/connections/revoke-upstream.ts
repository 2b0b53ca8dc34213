import { and, eq } from 'drizzle-orm';
import { atKey, type ClaimedRevocation } from '#lib/connections/claim-revocations';
import { revokedTokenPlaces, sealTokens } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { type GrantTokens, type RevocationOutcome, revokeGrant } from '#lib/oauth/revoke-token';
import { isOAuthError, type PinnedEndpoints, type TokenSet } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

/** How telling the provider went. */
export interface ToldUpstream {
  outcome: RevocationOutcome;
  /** What the provider was told with: other than given where a live access token had to be got first. */
  tokens: GrantTokens;
  /** True where `tokens` were issued a moment before. */
  fresh: boolean;
}

/** Keeps what a refresh answered: should the provider fail now, the next attempt needs what replaced the old tokens. */
async function keepFresh(ctx: Context, key: ClaimedRevocation, fresh: TokenSet, spent: string): Promise<void> {
  const { personId, connectionId, replacedGeneration } = key;
  const here = and(eq(connections.personId, personId), eq(connections.id, connectionId));
  await withTransaction(ctx.database.db, async (tx) => {
    const [row] = await tx
      .select({
        id: connections.id,
        provider: connections.provider,
        issuer: connections.issuer,
        accountParams: connections.accountParams,
        generation: connections.generation,
        status: connections.status,
      })
      .from(connections)
      .where(here)
      .for('update');
    if (!row) return;
    if (replacedGeneration === 0) {
      if (row.status !== 'revoked') return;
      const next = { ...row, generation: row.generation + 1 };
      const sealed = await sealTokens(ctx, next, fresh, fresh.expires_in, spent);
      await tx
        .update(connections)
        .set({ ...sealed, generation: next.generation })
        .where(here);
      return;
    }
    const accountParams = key.accountParams ?? row.accountParams;
    const places = revokedTokenPlaces(key, { ...row, provider: key.provider, accountParams });
    const accessToken = await ctx.vault.seal(fresh.access_token, places.accessToken);
    const refreshToken = await ctx.vault.seal(fresh.refresh_token ?? spent, places.refreshToken);
    await tx.update(revocations).set({ accessToken, refreshToken }).where(atKey(key));
  });
}

/**
 * Tells the provider that a grant is over; where only a live access token can end it, gets one first.
 * @throws OAuthError; a transient one where trying again later makes sense
 */
export async function revokeUpstream(
  ctx: Context,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  given: { key: ClaimedRevocation; tokens: GrantTokens; accountParams: Record<string, string> },
): Promise<ToldUpstream> {
  const { key, tokens, accountParams } = given;
  try {
    return { outcome: await revokeGrant(provider, pinned, tokens, ctx), tokens, fresh: false };
  } catch (error) {
    if (!isOAuthError(error) || error.code !== 'token_rejected' || tokens.refreshToken === null) throw error;
    try {
      const fresh = await refreshGrant(provider, pinned, { refreshToken: tokens.refreshToken, accountParams }, ctx);
      await keepFresh(ctx, key, fresh, tokens.refreshToken);
      const renewed = { accessToken: fresh.access_token, refreshToken: fresh.refresh_token ?? tokens.refreshToken };
      return { outcome: await revokeGrant(provider, pinned, renewed, ctx), tokens: renewed, fresh: true };
    } catch (second) {
      // A grant that can no longer be refreshed is over already.
      if (isOAuthError(second) && second.disposition === 'dead_grant') {
        return { outcome: 'revoked', tokens, fresh: false };
      }
      throw second;
    }
  }
}
