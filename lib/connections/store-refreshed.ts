import { and, eq, sql } from 'drizzle-orm';
import { planRefused } from '#lib/connections/keep-refused';
import type { Lease } from '#lib/connections/lease';
import { keepRecent } from '#lib/connections/recent-answers';
import { keepLateAnswer } from '#lib/connections/replace-grant';
import { type HeldAnswer, storeAnswer } from '#lib/connections/store-answers';
import type { TokenLife } from '#lib/connections/token-life';
import {
  accessTokenPlace,
  openTokens,
  refreshTokenPlace,
  type SealedRow,
  sealTokens,
  secondsAfter,
} from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { type ClockReading, databaseTime } from '#lib/db/clock';
import { type Db, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { isAppError } from '#lib/errors';
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

const stored = {
  id: connections.id,
  status: connections.status,
  provider: connections.provider,
  issuer: connections.issuer,
  subject: connections.subject,
  extras: connections.extras,
  accountParams: connections.accountParams,
  generation: connections.generation,
  accessToken: connections.accessToken,
  refreshToken: connections.refreshToken,
};
type StoredRow = Pick<typeof connections.$inferSelect, keyof typeof stored>;

/** The row's tokens; none where they cannot be opened, which must not keep the late answer from being owned. */
function heldBy(ctx: Context, row: Parameters<typeof openTokens>[1]) {
  try {
    return openTokens(ctx, row);
  } catch (error) {
    if (!isAppError(error)) throw error;
    ctx.log.warn({ event: 'stored_tokens_unreadable', connection: row.id, error_code: error.code });
    return { accessToken: null, refreshToken: null };
  }
}

/** An answer in the clear, and the refresh token that was shown for it. */
interface OpenAnswer {
  access_token: string;
  refresh_token: string | null;
  refresh_token_expires_in: number | null;
  spent: string;
}

function open(ctx: Context, held: HeldAnswer): OpenAnswer {
  const { lease, row } = held.leased;
  const next = { ...row, generation: lease.generation + 1 };
  const refreshToken = held.refreshToken && ctx.vault.open(held.refreshToken, refreshTokenPlace(next));
  return {
    access_token: ctx.vault.open(held.accessToken, accessTokenPlace(next)),
    refresh_token: held.rotated ? refreshToken : null,
    refresh_token_expires_in: held.refreshLifeSeconds,
    spent: ctx.vault.open(row.refreshToken ?? '', refreshTokenPlace(row)),
  };
}

/** Hands an answer to the revocations that came after the connection's own revocation was over. */
async function planLateRefused(tx: Db, ctx: Context, row: StoredRow, held: HeldAnswer, answer: OpenAnswer) {
  await planRefused(tx, ctx, {
    ...{ intent: 'refresh', code: 'revoked', personId: held.leased.lease.personId, provider: row.provider },
    ...{ issuer: row.issuer, subject: row.subject, accountParams: row.accountParams, extras: row.extras },
    received: {
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token,
      expiresIn: held.lifeSeconds,
    },
  });
}

/** Somebody else changed the row since the token was spent: what of the answer must still be kept. */
async function storeLate(ctx: Context, held: HeldAnswer): Promise<StoreOutcome> {
  const { lease } = held.leased;
  const here = and(eq(connections.personId, lease.personId), eq(connections.id, lease.id));
  return withTransaction(ctx.database.db, async (tx) => {
    const [row] = await tx.select(stored).from(connections).where(here).for('update');
    // An earlier attempt was committed although its answer did not reach us.
    if (row?.accessToken === held.accessToken) return row.status === 'revoked' ? 'revoked' : 'stored';
    const answer = open(ctx, held);
    // Sealed anew by now where a reconnect kept it: only what is sealed tells whether it is the one that was spent.
    const shown = row && heldBy(ctx, row);
    const spent = shown?.refreshToken === answer.spent;
    if (row?.status !== 'revoked') {
      if (row && spent) await replaceSpent(tx, ctx, held, answer, row, shown.accessToken);
      await keepLateAnswer(tx, ctx, lease, answer.spent, answer);
      return 'superseded';
    }
    // The newest grant is what must be revoked: the row stays revoked, its sealed tokens are those to be ended.
    const owned = spent ? await keepForRevocation(tx, ctx, held, answer, row) : false;
    // The provider was told already, with tokens that this refresh had replaced.
    if (!owned) await planLateRefused(tx, ctx, row, held, answer);
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

/** Keeps an answer with its revoked connection while the provider is still to be told. False where it was told already. */
async function keepForRevocation(
  tx: Db,
  ctx: Context,
  held: HeldAnswer,
  answer: OpenAnswer,
  row: SealedRow,
): Promise<boolean> {
  const { lease } = held.leased;
  const pending = tx
    .select({ id: revocations.connectionId })
    .from(revocations)
    .where(
      and(
        eq(revocations.personId, lease.personId),
        eq(revocations.connectionId, lease.id),
        eq(revocations.replacedGeneration, 0),
        eq(revocations.state, 'pending'),
      ),
    );
  const next = { ...row, generation: row.generation + 1 };
  const given = { kept: answer.spent, askedAt: held.askedAt };
  const kept = await tx
    .update(connections)
    .set({
      ...(await sealTokens(ctx, next, answer, held.lifeSeconds, given)),
      extras: sql`${connections.extras} || ${JSON.stringify(held.extras)}::jsonb`,
      generation: next.generation,
      ...leaseGivenBack(lease),
    })
    .where(and(eq(connections.personId, lease.personId), eq(connections.id, lease.id), sql`exists (${pending})`))
    .returning({ id: connections.id });
  return kept.length > 0;
}

/**
 * A reconnect that brought no refresh token of its own kept the one that was being spent: what replaced that one is kept,
 * or the newer grant would end with it. The generation tells others that the token they may have read is spent.
 */
async function replaceSpent(
  tx: Db,
  ctx: Context,
  held: HeldAnswer,
  answer: OpenAnswer,
  row: SealedRow,
  accessToken: string | null,
): Promise<void> {
  if (answer.refresh_token === null) return;
  const { lease } = held.leased;
  const next = { ...row, generation: row.generation + 1 };
  await tx
    .update(connections)
    .set({
      accessToken: accessToken === null ? null : await ctx.vault.seal(accessToken, accessTokenPlace(next)),
      refreshToken: await ctx.vault.seal(answer.refresh_token, refreshTokenPlace(next)),
      refreshTokenExpiresAt: secondsAfter(held.askedAt, answer.refresh_token_expires_in),
      generation: next.generation,
    })
    .where(and(eq(connections.personId, lease.personId), eq(connections.id, lease.id)));
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
