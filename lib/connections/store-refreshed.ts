import { and, eq, ne, sql } from 'drizzle-orm';
import type { Lease } from '#lib/connections/lease';
import { keepRecent } from '#lib/connections/recent-answers';
import { keepLateAnswer } from '#lib/connections/replace-grant';
import { type HeldAnswer, storeAnswer } from '#lib/connections/store-answers';
import type { TokenLife } from '#lib/connections/token-life';
import { accessTokenPlace, refreshTokenPlace, secondsAfter } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { type ClockReading, databaseTime } from '#lib/db/clock';
import { type Db, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { record } from '#lib/ledger/record';

/** `stored`; `superseded` by a newer token; `revoked` meanwhile: the tokens are not to be vended. */
export type StoreOutcome = 'stored' | 'superseded' | 'revoked';

/**
 * Tries once to store a refresh answer; trying again does no harm, even where an earlier attempt was committed. The
 * generation is the fence, not the lease: an answer that comes after its lease ran out still holds the newest token,
 * unless somebody stored a newer one.
 */
export async function storeRefreshed(ctx: Context, held: HeldAnswer): Promise<StoreOutcome> {
  const outcome = (await storeAnswer(ctx, held)) ? 'stored' : await storeLate(ctx, held);
  if (outcome === 'stored') keepRecent(ctx, held);
  return outcome;
}

/** Frees the lease where it is still ours; another holder's stays. */
function leaseGivenBack({ owner }: Lease) {
  const ours = sql`${connections.leaseOwner} = ${owner}`;
  return {
    leaseOwner: sql`case when ${ours} then null else ${connections.leaseOwner} end`,
    leaseExpiresAt: sql`case when ${ours} then null else ${connections.leaseExpiresAt} end`,
  };
}

/** A new refresh token replaces the old one; none returned leaves its columns alone (RFC 6749 §6). */
const refreshTokenColumns = ({ refreshToken, refreshLifeSeconds, askedAt }: HeldAnswer) =>
  refreshToken === null ? {} : { refreshToken, refreshTokenExpiresAt: secondsAfter(askedAt, refreshLifeSeconds) };

/** Somebody else changed the row since the token was spent: what of the answer must still be kept. */
async function storeLate(ctx: Context, held: HeldAnswer): Promise<StoreOutcome> {
  const { lease } = held.leased;
  const here = and(eq(connections.personId, lease.personId), eq(connections.id, lease.id));
  return withTransaction(ctx.database.db, async (tx) => {
    const [row] = await tx
      .select({ status: connections.status, accessToken: connections.accessToken, provider: connections.provider })
      .from(connections)
      .where(here);
    // An earlier attempt was committed although its answer did not reach us.
    if (row?.accessToken === held.accessToken) return row.status === 'revoked' ? 'revoked' : 'stored';
    if (row?.status !== 'revoked') {
      await replaceSpent(tx, held);
      await keepLateAnswer(tx, ctx, lease, ctx.vault.open(held.spent, refreshTokenPlace(lease.id)), {
        access_token: ctx.vault.open(held.accessToken, accessTokenPlace(lease.id)),
        refresh_token: held.refreshToken && ctx.vault.open(held.refreshToken, refreshTokenPlace(lease.id)),
      });
      return 'superseded';
    }
    // The newest grant is what must be revoked: the row stays revoked, its sealed tokens are those to be ended.
    const owed = await reopenRevocation(tx, lease);
    await tx
      .update(connections)
      .set({
        accessToken: held.accessToken,
        accessTokenIssuedAt: secondsAfter(held.askedAt, 0),
        accessTokenExpiresAt: secondsAfter(held.askedAt, held.lifeSeconds),
        ...refreshTokenColumns(held),
        extras: sql`${connections.extras} || ${JSON.stringify(held.extras)}::jsonb`,
        generation: sql`${connections.generation} + 1`,
        ...leaseGivenBack(lease),
      })
      .where(
        and(here, owed === 'again' ? sql`true` : eq(connections.refreshToken, held.spent), sql`${owed !== 'none'}`),
      );
    await record(tx, ctx, {
      action: 'token.refresh_failed',
      outcome: 'refused',
      code: 'revoked',
      personId: lease.personId,
      connectionId: lease.id,
      provider: row.provider,
    });
    return 'revoked';
  });
}

/**
 * Whether the provider must be told of a revoked connection's newest grant: it is `due` already, it is told `again` where
 * it was told of an older token while this answer was held, or there is `none`.
 */
async function reopenRevocation(tx: Db, { personId, id }: Lease): Promise<'due' | 'again' | 'none'> {
  const key = and(
    eq(revocations.personId, personId),
    eq(revocations.connectionId, id),
    eq(revocations.replacedGeneration, 0),
  );
  const [row] = await tx.select({ state: revocations.state }).from(revocations).where(key).for('update');
  if (!row) return 'none';
  if (row.state === 'pending') return 'due';
  await tx
    .update(revocations)
    .set({
      ...{ state: 'pending', attempts: 0, nextAttemptAt: sql`now()`, finishedAt: null, lastErrorCode: null },
      ...{ proof: 'none', proofAttempts: 0, evidence: null, provedAt: null },
    })
    .where(key);
  return 'again';
}

/**
 * A reconnect that brought no refresh token of its own kept the one that was being spent: what replaced that one is kept,
 * or the newer grant would end with it. The generation tells others that the token they may have read is spent.
 */
async function replaceSpent(tx: Db, held: HeldAnswer): Promise<void> {
  if (held.refreshToken === null) return;
  const { lease } = held.leased;
  await tx
    .update(connections)
    .set({ ...refreshTokenColumns(held), generation: sql`${connections.generation} + 1` })
    .where(
      and(
        eq(connections.personId, lease.personId),
        eq(connections.id, lease.id),
        eq(connections.refreshToken, held.spent),
        ne(connections.status, 'revoked'),
      ),
    );
}

/**
 * Corrects the end of a token that was stored by default, once its life was learnt from the provider. A token stored
 * since then is not touched.
 */
export async function storeLearntLife(
  ctx: Context,
  lease: Lease,
  { seconds, from }: TokenLife,
  clock: ClockReading,
): Promise<void> {
  await ctx.database.db
    .update(connections)
    .set({ accessTokenExpiresAt: secondsAfter(databaseTime(clock, from), seconds) })
    .where(
      and(
        eq(connections.personId, lease.personId),
        eq(connections.id, lease.id),
        eq(connections.generation, lease.generation + 1),
        eq(connections.status, 'connected'),
      ),
    );
}
