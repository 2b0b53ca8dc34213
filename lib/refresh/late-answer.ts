import { and, eq, gte, sql } from 'drizzle-orm';
import {
  accessTokenPlace,
  openTokens,
  refreshTokenPlace,
  type SealedRow,
  sealedColumns,
  sealTokens,
  secondsAfter,
} from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { isAppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import type { ConnectionKey, Lease } from '#lib/refresh/lease';
import { refusedRefresh } from '#lib/refresh/refused-refresh';
import type { HeldAnswer } from '#lib/refresh/store-answers';
import { planRefused, type RefusedAnswer } from '#lib/revocation/plan-refused';
import { keepLateAnswer } from '#lib/revocation/replace-grant';

/** `stored`; `superseded` by a newer token; `revoked` meanwhile: the tokens are not to be vended. */
export type StoreOutcome = 'stored' | 'superseded' | 'revoked';

/** Frees the lease where it is still ours; another holder's stays. */
function leaseGivenBack({ owner }: Lease) {
  const ours = sql`${connections.leaseOwner} = ${owner}`;
  return {
    leaseOwner: sql`case when ${ours} then null else ${connections.leaseOwner} end`,
    leaseExpiresAt: sql`case when ${ours} then null else ${connections.leaseExpiresAt} end`,
  };
}

const stored = { ...sealedColumns, status: connections.status };

type Tokens = Pick<typeof connections.$inferSelect, 'accessToken' | 'refreshToken'>;

const atKey = ({ personId, id }: ConnectionKey) => and(eq(connections.personId, personId), eq(connections.id, id));

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

/** An answer that its connection did not take, for the revocations. The same one, however often it is asked for. */
export function refusedAnswer(ctx: Context, held: HeldAnswer, code: string): RefusedAnswer {
  const { access_token: accessToken, refresh_token: refreshToken } = open(ctx, held);
  const received = { accessToken, refreshToken, expiresIn: held.lifeSeconds };
  return refusedRefresh(held.leased, code, received, held.refusedId);
}

/** Stores the parts of an answer that must be kept, after somebody else changed its row since the token was spent. */
export async function storeLate(ctx: Context, held: HeldAnswer): Promise<StoreOutcome> {
  const { lease } = held.leased;
  return withTransaction(ctx.database.db, async (tx) => {
    const [row] = await tx.select(stored).from(connections).where(atKey(lease)).for('update');
    // An earlier attempt was committed although its answer did not reach us.
    if (row?.accessToken === held.accessToken) return row.status === 'revoked' ? 'revoked' : 'stored';
    const answer = open(ctx, held);
    if (row?.status === 'revoked') {
      await keepOfRevoked(tx, ctx, held, answer, row);
      await record(tx, ctx, {
        action: 'token.refresh_failed',
        outcome: 'refused',
        code: 'revoked',
        personId: lease.personId,
        connectionId: lease.id,
        provider: row.provider,
      });
      return 'revoked';
    }
    // Sealed anew by now where a reconnect kept it: only the opened value tells whether it is the spent one.
    const shown = row && heldBy(ctx, row);
    const goesOn = shown?.refreshToken === answer.spent;
    if (row && goesOn) await replaceSpent(tx, ctx, held, answer, row, shown.accessToken);
    const owned = await keepLateAnswer(tx, ctx, lease, answer.spent, answer);
    // Then neither the row nor a revocation has these tokens, nor what came after them.
    if (!goesOn && !owned) {
      const ended = !row || (await isReplaced(tx, lease));
      await planRefused(tx, ctx, { ...refusedAnswer(ctx, held, 'superseded'), ended });
    }
    return 'superseded';
  });
}

/**
 * Whether a reconnect replaced the grant of that lease by another one: its revocation was written down then, and says so
 * when it is over, too.
 */
async function isReplaced(tx: Db, { personId, id, generation }: Lease): Promise<boolean> {
  const found = await tx
    .select({ id: revocations.connectionId })
    .from(revocations)
    .where(
      and(
        eq(revocations.personId, personId),
        eq(revocations.connectionId, id),
        gte(revocations.replacedGeneration, generation),
      ),
    )
    .limit(1);
  return found.length > 0;
}

/** The newest grant is what must be revoked: the row stays revoked, its sealed tokens are those to be ended. */
async function keepOfRevoked(tx: Db, ctx: Context, held: HeldAnswer, answer: OpenAnswer, row: SealedRow & Tokens) {
  const { refreshToken } = heldBy(ctx, row);
  if (answer.refresh_token !== null && refreshToken === answer.refresh_token) return;
  if (refreshToken === answer.spent && (await keepForRevocation(tx, ctx, held, answer, row))) return;
  // The provider was told already, with tokens that this refresh had replaced.
  await planRefused(tx, ctx, { ...refusedAnswer(ctx, held, 'revoked'), ended: true });
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
    .where(and(atKey(lease), sql`exists (${pending})`))
    .returning({ id: connections.id });
  return kept.length > 0;
}

/**
 * A reconnect that brought no refresh token of its own kept the one that was being spent. Its successor is kept, or the
 * newer grant would end with it. The generation tells other callers that the token they may have read is spent.
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
    .where(atKey(lease));
}

/** Which of these answers neither stand in their connection's row nor in a newer one of the same grant. */
async function findUnstored(db: Db, answers: readonly HeldAnswer[]): Promise<HeldAnswer[]> {
  const asked = answers.map(({ leased: { lease, row } }, n) => ({ n, ...lease, connected: row.connectedAt }));
  const found = await db.execute(sql`select answer.n from jsonb_to_recordset(${JSON.stringify(asked)}::text::jsonb)
      as answer(n integer, "personId" text, id text, generation integer, connected timestamptz)
    left join connections on connections.person_id = answer."personId" and connections.id = answer.id
    where connections.id is null or connections.connected_at > answer.connected
      or (connections.status = 'revoked' and connections.generation <= answer.generation)`);
  return rowsOf<{ n: number }>(found).flatMap(({ n }) => answers[n] ?? []);
}

/**
 * Gives those answers an owner that a promoted standby lacks and no row takes back: their connection was revoked or
 * replaced since, with the tokens that they had replaced, or is not there at all.
 */
export async function keepUnstored(ctx: Context, answers: readonly HeldAnswer[]): Promise<void> {
  for (const held of await findUnstored(ctx.database.db, answers)) {
    const { lease } = held.leased;
    await withTransaction(ctx.database.db, async (tx) => {
      const [row] = await tx.select(stored).from(connections).where(atKey(lease)).for('update');
      const answer = open(ctx, held);
      if (!row) await planRefused(tx, ctx, { ...refusedAnswer(ctx, held, 'history_lost'), ended: true });
      else if (row.status === 'revoked' && row.generation <= lease.generation) {
        await keepOfRevoked(tx, ctx, held, answer, row);
      } else if (!(await keepLateAnswer(tx, ctx, lease, answer.spent, answer)) && (await isReplaced(tx, lease))) {
        // The provider was told already, with the tokens that this answer had replaced.
        await planRefused(tx, ctx, { ...refusedAnswer(ctx, held, 'history_lost'), ended: true });
      }
    });
  }
}
