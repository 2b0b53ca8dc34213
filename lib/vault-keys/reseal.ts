import { setTimeout as sleep } from 'node:timers/promises';
import { and, desc, eq, isNotNull, isNull, or, type SQL, sql } from 'drizzle-orm';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { processes } from '#lib/db/schema/processes';
import { revocations } from '#lib/db/schema/revocations';
import { vaultKeys, vaultReseals } from '#lib/db/schema/vault-keys';
import { isUnbound } from '#lib/db/sealed-by';
import { record } from '#lib/ledger/record';
import { beginReseal, openReseal } from '#lib/vault-keys/begin-reseal';
import { holdDataKeys } from '#lib/vault-keys/data-keys';
import { resealConnectionPage } from '#lib/vault-keys/reseal-connections';
import { resealRevocations, resealWebhooks } from '#lib/vault-keys/reseal-others';
import { keepCounts, sumOf } from '#lib/vault-keys/sealed-values';

type Job = typeof vaultReseals.$inferSelect;

/** Walks from the first row again, for rows that were in use or came under another key meanwhile. */
const mostWalks = 3;

const oldConnections = or(isUnbound(connections.accessToken), isUnbound(connections.refreshToken));
const oldRevocations = or(isUnbound(revocations.accessToken), isUnbound(revocations.refreshToken));

/**
 * Rows with tokens that are not bound yet to where they may go. An index holds the rows of connections, and is empty
 * after.
 */
export async function countUnbound(db: Db): Promise<number> {
  const [row] = rowsOf<{ rows: number }>(
    await db.execute(sql`select ((select count(*) from ${connections} where ${oldConnections})
      + (select count(*) from ${revocations} where ${oldRevocations}))::int as rows`),
  );
  return row?.rows ?? 0;
}

/** Whether values of earlier builds are over: refused wherever they turn up. */
async function isUnboundOver(db: Db): Promise<boolean> {
  const [over] = await db
    .select({ kid: vaultKeys.kid })
    .from(vaultKeys)
    .where(isNotNull(vaultKeys.unboundOverAt))
    .limit(1);
  return over !== undefined;
}

/** Refuses old values in this process where they are over. Asked for with each sign of life, since any process may find it. */
export async function learnUnboundOver({ database, vault }: Runtime): Promise<void> {
  if (await isUnboundOver(database.db)) vault.refuseUnbound();
}

/** True while a process of another build runs, which would not understand the new form. */
async function othersRun({ database, processId }: Runtime): Promise<boolean> {
  const [row] = await database.db
    .select({ other: sql<boolean>`count(distinct ${processes.version}) > 1` })
    .from(processes)
    .where(sql`${processes.lastSeenAt} > now() - interval '50 seconds' or ${processes.id} = ${processId}`);
  return row?.other ?? false;
}

/** The key to seal with: the newest that any process seals with. This one may not have learnt of it yet. */
async function targetKey(ctx: Context): Promise<string | undefined> {
  const [newest] = await ctx.database.db
    .select({ kid: vaultKeys.kid })
    .from(vaultKeys)
    .where(and(eq(vaultKeys.kind, 'data'), isNotNull(vaultKeys.sealsFrom), isNull(vaultKeys.retiredAt)))
    .orderBy(desc(vaultKeys.sealsFrom), desc(vaultKeys.kid))
    .limit(1);
  if (newest && newest.kid !== ctx.vault.sealsWith()) await holdDataKeys(ctx);
  const kid = ctx.vault.sealsWith();
  return newest && newest.kid !== kid ? undefined : kid;
}

/** Notes that no old value is left; from then on one that turns up was put there. */
async function endUnbound(tx: Db): Promise<boolean> {
  const ended = await tx
    .update(vaultKeys)
    .set({ unboundOverAt: sql`now()` })
    .where(isNull(vaultKeys.unboundOverAt))
    .returning({ kid: vaultKeys.kid });
  return ended.length > 0;
}

/** Begins by itself where values of earlier builds are left, once for each key. Without any, their form is over. */
async function beginForOldForm(ctx: Context): Promise<Job | undefined> {
  const { db } = ctx.database;
  if (await isUnboundOver(db)) return undefined;
  if ((await countUnbound(db)) === 0) {
    await withTransaction(db, async (tx) => {
      if (await endUnbound(tx)) await record(tx, ctx, { action: 'vault.resealed', details: {} });
    });
    ctx.vault.refuseUnbound();
    return undefined;
  }
  const kid = ctx.vault.sealsWith() ?? '';
  const [tried] = await db.select({ id: vaultReseals.id }).from(vaultReseals).where(eq(vaultReseals.kid, kid)).limit(1);
  if (tried) return undefined;
  await beginReseal(systemContext(ctx, 'reseal'));
  return openReseal(db);
}

const rowOfJob = (job: Job): SQL =>
  sql`${vaultReseals.id} = ${job.id} and ${vaultReseals.state} = 'running' and ${vaultReseals.walks} = ${job.walks}
    and ${vaultReseals.afterPersonId} is not distinct from ${job.afterPersonId}::text
    and ${vaultReseals.afterId} is not distinct from ${job.afterId}::text`;

/** New values of its columns. */
type Change = Partial<Record<keyof Job, string | number | SQL | null>>;

/**
 * Changes the job as it was read. Undefined where it was paused, or another process works at it: this one then stops.
 * What it resealed meanwhile stays, since each row was compared.
 */
async function moveOn(db: Db, job: Job, set: Change): Promise<Job | undefined> {
  const [moved] = await db
    .update(vaultReseals)
    .set({ lastBatchAt: sql`clock_timestamp()`, ...set } as Partial<Job>)
    .where(rowOfJob(job))
    .returning();
  return moved;
}

const fromTheFirstRow = { afterPersonId: null, afterId: null, seen: 0 };

/** A further walk where rows are left that could be opened, else the end, with the ledger's entry. */
async function endWalk(ctx: Context, job: Job, kid: string): Promise<Job | undefined> {
  const { db } = ctx.database;
  const counts = await keepCounts(db, ctx.vault.holds());
  const left = [...counts].filter(([key]) => key !== kid).reduce((sum, [, rows]) => sum + sumOf(lasting(rows)), 0);
  if (left > 0 && job.walks < mostWalks)
    return moveOn(db, job, { ...fromTheFirstRow, walks: job.walks + 1, skipped: 0 });
  const unbound = await countUnbound(db);
  await withTransaction(db, async (tx) => {
    const done = await moveOn(tx, job, { state: 'done', finishedAt: sql`clock_timestamp()` });
    if (!done) return;
    if (unbound === 0) await endUnbound(tx);
    const { id: reseal, resealed, skipped } = done;
    await record(tx, ctx, { action: 'vault.resealed', details: { reseal, key: kid, resealed, skipped, left } });
  });
  if (unbound === 0) ctx.vault.refuseUnbound();
  return undefined;
}

/** Counts of the columns that resealing reaches; flows and traces end by themselves. */
const lasting = (rows: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(rows).filter(([column]) => !column.startsWith('flow')));

/**
 * Seals stored values anew under the key that seals: those of older keys, and those of an older form. It goes on with
 * the walk that `beginReseal` began, in small batches that compare and set, so that vends and refreshes go on; any
 * process may do the next batch, and a killed one loses at most its own. Begins once no process of another build runs. A
 * value that does not open is left, and goes on being counted.
 * @param options.seconds it ends after, at the next batch
 */
export async function resealTokens(
  ctx: Context,
  { signal, seconds }: { signal?: AbortSignal | undefined; seconds: number },
): Promise<void> {
  const { db } = ctx.database;
  if (await othersRun(ctx)) return;
  const until = performance.now() + seconds * 1000;
  let job: Job | undefined = (await openReseal(db)) ?? (await beginForOldForm(ctx));
  const kid = await targetKey(ctx);
  if (kid === undefined) return;
  if (job?.state === 'running' && job.kid !== kid) job = await moveOn(db, job, { ...fromTheFirstRow, kid, walks: 1 });
  while (job?.state === 'running' && performance.now() < until && !signal?.aborted) {
    const begunAt = performance.now();
    if (job.afterId === null) {
      const [held, hooks] = [await resealRevocations(ctx, kid), await resealWebhooks(ctx, kid)];
      job = await moveOn(db, job, {
        resealed: job.resealed + held.resealed + hooks.resealed,
        skipped: job.skipped + held.skipped + hooks.skipped,
      });
      if (!job) return;
    }
    const page = await resealConnectionPage(ctx, kid, job);
    job = page.last
      ? await moveOn(db, job, {
          afterPersonId: page.last.personId,
          afterId: page.last.id,
          seen: job.seen + page.seen,
          resealed: job.resealed + page.resealed,
          skipped: job.skipped + page.skipped,
        })
      : await endWalk(ctx, job, kid);
    // As long as it took: vends have the processor and the database for half of the time at least.
    await sleep(performance.now() - begunAt, undefined, { ref: false });
  }
}
