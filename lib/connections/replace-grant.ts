import { and, eq, sql } from 'drizzle-orm';
import type { RevocationKey } from '#lib/connections/claim-revocations';
import { accessTokenPlace, refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import type { TokenSet } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

/** A grant about to be replaced by a reconnect, as its row holds it. */
export interface ReplacedGrant {
  generation: number;
  provider: string;
  accessToken: string | null;
  refreshToken: string | null;
  accessTokenExpiresAt: Date | null;
  accountParams: Record<string, string>;
  /** A refresh of it is under way, which may bring newer tokens of the same grant. */
  refreshing: boolean;
}

/**
 * Whether revoking one grant leaves another of the same account alone. Not at Google, where any token ends all; not by
 * GitHub's `/grant`; and not where revoking may delete the grant that both hang on, as at Auth0 unless the operator says
 * otherwise (`revoke.blast_radius` of the record).
 */
export const mayRevokeReplaced = (provider: ProviderRecord | undefined): boolean =>
  provider !== undefined && provider.revoke.style !== 'none' && provider.revoke.blast_radius === 'token';

/** Locks the connection's row and reads the grant that is about to be replaced. */
export async function readReplaced(tx: Db, personId: string, id: string): Promise<ReplacedGrant | undefined> {
  const [row] = await tx
    .select({
      generation: connections.generation,
      provider: connections.provider,
      accessToken: connections.accessToken,
      refreshToken: connections.refreshToken,
      accessTokenExpiresAt: connections.accessTokenExpiresAt,
      accountParams: connections.accountParams,
      refreshing: sql<boolean>`coalesce(${connections.leaseExpiresAt} > clock_timestamp(), false)`,
    })
    .from(connections)
    .where(and(eq(connections.personId, personId), eq(connections.id, id)))
    .for('update');
  return row;
}

/** True where a token of the old grant lives on in the new one: then nothing of it may be revoked. */
function livesOn(ctx: Context, id: string, old: ReplacedGrant, fresh: TokenSet): boolean {
  // A consent that is repeated may bring no new refresh token: the old one goes on serving.
  if (old.refreshToken !== null && fresh.refresh_token === null) return true;
  const access = old.accessToken === null ? null : ctx.vault.open(old.accessToken, accessTokenPlace(id));
  const refresh = old.refreshToken === null ? null : ctx.vault.open(old.refreshToken, refreshTokenPlace(id));
  return access === fresh.access_token || (refresh !== null && refresh === fresh.refresh_token);
}

/**
 * Writes down, in the transaction of the reconnect, that the grant it replaced is to be revoked, where that leaves the
 * new one alone: repeated connects would otherwise leave live tokens behind, and evict others where a provider counts
 * them. The sealed tokens move into the revocation's row.
 */
export async function planReplaced(
  tx: Db,
  ctx: Context,
  at: { personId: string; id: string },
  old: ReplacedGrant,
  fresh: TokenSet,
): Promise<RevocationKey | undefined> {
  const { personId, id } = at;
  if (!mayRevokeReplaced(ctx.providers.get(old.provider))) return undefined;
  if ((old.accessToken ?? old.refreshToken) === null || livesOn(ctx, id, old, fresh)) return undefined;
  const key = { personId, connectionId: id, replacedGeneration: old.generation };
  await tx.insert(revocations).values({
    ...key,
    provider: old.provider,
    requestedBy: personId,
    // By then a refresh that is under way has ended, and what it brought stands here (`keepLateAnswer`).
    nextAttemptAt: old.refreshing ? sql`now() + interval '30 seconds'` : sql`date_trunc('milliseconds', now())`,
    accessToken: old.accessToken,
    refreshToken: old.refreshToken,
    accountParams: old.accountParams,
    honouredUntil: old.accessTokenExpiresAt,
  });
  return key;
}

/** Keeps what a refresh brought after its grant was replaced: those tokens are the ones to be revoked. */
export async function keepLateAnswer(
  tx: Db,
  at: { personId: string; id: string; generation: number },
  spent: string,
  sealed: { accessToken: string; refreshToken?: string },
): Promise<void> {
  const { accessToken, refreshToken } = sealed;
  await tx
    .update(revocations)
    .set({ accessToken, ...(refreshToken === undefined ? {} : { refreshToken }), evidence: null })
    .where(
      and(
        eq(revocations.personId, at.personId),
        eq(revocations.connectionId, at.id),
        eq(revocations.replacedGeneration, at.generation),
        eq(revocations.refreshToken, spent),
        eq(revocations.state, 'pending'),
      ),
    );
}
