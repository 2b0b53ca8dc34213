import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { type Context, isDatabaseUnavailable } from '#lib/context';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';
import { type BulkRowState, bulkRevocationRows, bulkRevocations } from '#lib/db/schema/bulk-revocations';
import { toAppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { onBehalf } from '#lib/people/on-behalf';
import { markRevoked } from '#lib/revocation/mark-revoked';

/** Rows of one transaction: few enough that other work does not wait long for them, or for the embedded database. */
const batch = { postgres: 200, pglite: 25 } as const;
/** Rows that are tried one by one after a batch that failed. */
const mostSingly = 200;
const roundSeconds = 20;

type Job = Pick<typeof bulkRevocations.$inferSelect, 'id' | 'reason' | 'startedBy' | 'requestId'>;

interface Row extends Record<string, unknown> {
  personId: string;
  id: string;
}

async function claim(tx: Db, job: Job, limit: number): Promise<Row[]> {
  return rowsOf<Row>(
    await tx.execute(sql`select person_id as "personId", connection_id as id from bulk_revocation_rows
      where bulk_id = ${job.id} and state = 'waiting' order by connection_id limit ${limit} for update skip locked`),
  );
}

/** Says what became of rows, unless it was said already. */
async function note(db: Db, job: Job, ids: readonly string[], state: BulkRowState, code?: string): Promise<void> {
  if (ids.length === 0) return;
  await db
    .update(bulkRevocationRows)
    .set({ state, code: code ?? null, doneAt: sql`now()` })
    .where(
      and(
        eq(bulkRevocationRows.bulkId, job.id),
        inArray(bulkRevocationRows.connectionId, [...ids]),
        eq(bulkRevocationRows.state, 'waiting'),
      ),
    );
}

/** A batch with a failed transaction, and the rows that it had. */
class BatchFailed extends Error {
  override readonly name = 'BatchFailed';
  readonly ids: readonly string[];
  constructor(ids: readonly string[], cause: unknown) {
    super('A batch of a bulk revocation failed.', { cause });
    this.ids = ids;
  }
}

/**
 * Revokes up to `limit` rows here, all in one transaction with the word that they are done: a process that dies leaves
 * them waiting, and no other has them meanwhile. Answers how many.
 * @throws BatchFailed, or the error of a database that is out of reach
 */
async function workBatch(ctx: Context, job: Job, limit: number): Promise<number> {
  let ids: string[] = [];
  try {
    await withTransaction(ctx.database.db, async (tx) => {
      const rows = await claim(tx, job, limit);
      ids = rows.map(({ id }) => id);
      const details = { bulk: job.id, ...(job.reason ? { reason: job.reason } : {}) };
      const changed = (await markRevoked(tx, ctx, rows, details)).map(({ connectionId }) => connectionId);
      await note(tx, job, changed, 'revoked');
      await note(tx, job, ids, 'revoked_before');
    });
    return ids.length;
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    throw new BatchFailed(ids, error);
  }
}

/** A statement may fail for what passes, such as a deadlock with another one; a row that fails so often is at fault. */
const mostTries = 3;

/** One by one, so that a fault of one keeps no other from its end. */
async function workSingly(ctx: Context, job: Job): Promise<number> {
  const tries = new Map<string, number>();
  for (let done = 0; done < mostSingly; ) {
    try {
      if ((await workBatch(ctx, job, 1)) === 0) return done;
      done += 1;
    } catch (error) {
      const [id] = error instanceof BatchFailed ? error.ids : [];
      if (id === undefined) throw error;
      tries.set(id, (tries.get(id) ?? 0) + 1);
      if ((tries.get(id) ?? 0) < mostTries) continue;
      const { cause } = error as BatchFailed;
      ctx.log.error({ event: 'bulk_row_failed', bulk: job.id, connection: id, err: cause });
      await note(ctx.database.db, job, [id], 'failed', toAppError(cause).code);
      done += 1;
    }
  }
  return mostSingly;
}

async function workSome(ctx: Context, job: Job): Promise<number> {
  try {
    return await workBatch(ctx, job, batch[ctx.database.engine]);
  } catch (error) {
    if (!(error instanceof BatchFailed)) throw error;
    return workSingly(ctx, job);
  }
}

/** Says that all of its rows have an outcome here. Rows that another process has just now count as waiting still. */
async function finish(ctx: Context, job: Job): Promise<void> {
  await withTransaction(ctx.database.db, async (tx) => {
    const ended = await tx
      .update(bulkRevocations)
      .set({ state: 'finished', finishedAt: sql`now()` })
      .where(
        and(
          eq(bulkRevocations.id, job.id),
          eq(bulkRevocations.state, 'running'),
          sql`not exists (select 1 from bulk_revocation_rows as open where open.bulk_id = ${job.id}
            and open.state = 'waiting')`,
        ),
      )
      .returning({ id: bulkRevocations.id });
    if (ended.length === 0) return;
    const counts = await tx
      .select({ state: bulkRevocationRows.state, count: sql<number>`count(*)::int` })
      .from(bulkRevocationRows)
      .where(eq(bulkRevocationRows.bulkId, job.id))
      .groupBy(bulkRevocationRows.state);
    await record(tx, ctx, {
      action: 'bulk_revocation.finished',
      details: { bulk: job.id, ...Object.fromEntries(counts.map(({ state, count }) => [state, count])) },
    });
  });
}

/**
 * Works off bulk revocations here: whatever runs is taken up by any number of processes, in batches that none shares with
 * another. Answers how many rows got their outcome. Telling the providers is `workRevocations`.
 */
export async function workBulkRevocations(
  ctx: Context,
  input: { seconds?: number; signal?: AbortSignal | undefined } = {},
): Promise<number> {
  const until = performance.now() + (input.seconds ?? roundSeconds) * 1000;
  const isOver = () => input.signal?.aborted || performance.now() >= until;
  const running = await ctx.database.db
    .select({
      id: bulkRevocations.id,
      reason: bulkRevocations.reason,
      startedBy: bulkRevocations.startedBy,
      requestId: bulkRevocations.requestId,
    })
    .from(bulkRevocations)
    .where(eq(bulkRevocations.state, 'running'))
    .orderBy(asc(bulkRevocations.startedAt));
  let total = 0;
  for (const job of running) {
    const who = onBehalf(ctx, job);
    for (let done = -1; done !== 0 && !isOver(); total += done) done = await workSome(who, job);
    await finish(who, job);
  }
  return total;
}
