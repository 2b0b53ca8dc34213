import { and, asc, gt, gte, inArray, lt, lte, ne, sql } from 'drizzle-orm';
import { currentRules } from '#lib/alerts/current-rules';
import {
  addFirstHours,
  addKeyDays,
  addStatedScopes,
  addTotals,
  countEvents,
  type Found,
  readReads,
  readWindows,
  type Slice,
} from '#lib/alerts/read-slice';
import { readState } from '#lib/alerts/read-states';
import type { Rule, StateRule } from '#lib/alerts/rule';
import { settleAlert } from '#lib/alerts/settle-alert';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { type Db, onOneProcessor, withTransaction } from '#lib/db/database';
import { alertCounts, alertProgress, alerts } from '#lib/db/schema/alerts';
import { ledger } from '#lib/db/schema/ledger';
import { AppError } from '#lib/errors';
import { settledHorizon } from '#lib/ledger/settled-horizon';
import { announceToPeople } from '#lib/person-mails/announce';
import { announceConnections, endOfAnnounceable } from '#lib/webhooks/announce';

/**
 * The span that is read and committed at once; after a standstill, a window's events still meet in one look at it. A
 * look that fails is repeated over shorter spans: a span too long for one statement would end all alerts.
 */
const sliceSeconds = [300, 30, 3] as const;
/**
 * Entries of a slice, about. A slice is a transaction, and on the embedded database everybody else waits for it.
 */
const sliceEntries = { postgres: 10_000, pglite: 150 } as const;
/** Slices and seconds of one tick: the rest of a long standstill is made up by the next ticks. */
const mostSlices = 1_000;
const budgetSeconds = 40;

export interface EvaluateInput {
  /** Replaces the database's clock. */
  now?: Date;
  /** Begins no other slice after so many seconds. */
  seconds?: number;
  /** Ends it early, between two slices. */
  signal?: AbortSignal | undefined;
}

type Progress = typeof alertProgress.$inferSelect;

async function lockProgress(tx: Db): Promise<Progress | undefined> {
  const [row] = await tx.select().from(alertProgress).for('update', { skipLocked: true });
  return row;
}

/** Alerts of these rules that are not over and of which nothing was found: they may end now. */
async function withoutFinding(tx: Db, among: readonly Rule[], found: readonly Found[]): Promise<Found[]> {
  const ids = among.map(({ id }) => id);
  const live = await tx
    .select({ rule: alerts.rule, subject: alerts.subject })
    .from(alerts)
    .where(and(ne(alerts.state, 'resolved'), inArray(alerts.rule, ids)));
  return live.flatMap(({ rule: id, subject }): Found[] => {
    const rule = among.find((one) => one.id === id);
    const known = found.some((one) => one.rule.id === id && one.subject === subject);
    return rule && !known ? [{ rule, subject, value: 0, count: 0, evidence: [] }] : [];
  });
}

async function settleAll(tx: Db, ctx: Context, among: readonly Rule[], found: Found[], now: Date): Promise<void> {
  for (const one of [...found, ...(await withoutFinding(tx, among, found))]) await settleAlert(tx, ctx, one, now);
}

async function evaluateSlice(tx: Db, ctx: Context, rules: readonly Rule[], slice: Slice): Promise<void> {
  const found = [...(await countEvents(tx, rules, slice)), ...(await readReads(tx, rules, slice))];
  const joined: Found[] = [];
  for (const one of found) {
    // Reads and refusals of the same key meet in one alert.
    const known = joined.find(({ rule, subject }) => rule === one.rule && subject === one.subject);
    if (!known) joined.push(one.rule.kind === 'window' ? { ...one, value: 0 } : one);
    else {
      const evidence = [...known.evidence, ...one.evidence];
      Object.assign(known, { value: known.value + one.value, count: known.count + one.count, evidence });
    }
  }
  for (const { rule: id, subject, value } of await readWindows(tx, rules, slice.to)) {
    const known = joined.find((one) => one.rule.id === id && one.subject === subject);
    const rule = rules.find((one) => one.id === id);
    if (known) known.value = value;
    else if (rule) joined.push({ rule, subject, value, count: 0, evidence: [] });
  }
  await announceConnections(tx, slice);
  await announceToPeople(tx, ctx, slice);
  await addTotals(tx, slice);
  await addStatedScopes(tx, slice);
  await addKeyDays(tx, slice);
  const readFromLedger = rules.filter(({ kind }) => kind !== 'state');
  await settleAll(tx, ctx, readFromLedger, joined, slice.to);
}

/**
 * Where the slice ends that begins at `from`. A time in which nothing was written is one slice, however long: a database
 * that comes back after a week is up to date with its first look.
 */
async function endOfSlice(
  tx: Db,
  from: Date,
  settledTo: Date,
  most: { seconds: number; entries: number },
): Promise<Date> {
  const { seconds, entries } = most;
  const entryAfter = async (count: number) => {
    const [found] = await tx
      .select({ at: ledger.at })
      .from(ledger)
      .where(and(gt(ledger.at, from), lte(ledger.at, settledTo)))
      .orderBy(asc(ledger.at), asc(ledger.id))
      .offset(count)
      .limit(1);
    return found;
  };
  const next = await entryAfter(0);
  if (!next) return settledTo;
  const usual = Math.min(settledTo.getTime(), from.getTime() + seconds * 1000);
  const last = await entryAfter(entries);
  // Entries of one moment are never parted.
  const full = last ? Math.max(last.at.getTime() - 1, next.at.getTime()) : Number.POSITIVE_INFINITY;
  return new Date(Math.min(full, Math.max(usual, next.at.getTime() - 1)));
}

/** Reads the next slice; false where nothing is left, or another process is at it. */
async function readNext(ctx: Context, rules: readonly Rule[], settledTo: Date, seconds: number): Promise<boolean> {
  return withTransaction(ctx.database.db, async (tx) => {
    const progress = await lockProgress(tx);
    if (!progress) return false;
    await onOneProcessor(tx);
    const from = progress.readTo;
    // The very first look: earlier events are no news.
    const latest = from
      ? await endOfSlice(tx, from, settledTo, { seconds, entries: sliceEntries[ctx.database.engine] })
      : settledTo;
    if (from && latest <= from) return false;
    // A slice that fails is read again as it was: one that is too much for a statement would end all alerts.
    const to = from ? await endOfAnnounceable(tx, { from, to: latest }) : latest;
    if (from) await evaluateSlice(tx, ctx, rules, { from, to });
    const hoursFrom = progress.hoursFrom ?? from ?? (await addFirstHours(tx, to));
    await tx.update(alertProgress).set({ readTo: to, hoursFrom });
    return from !== null;
  });
}

/**
 * Goes back to the first entry that was written since the last look, where the last one read lies ahead: a clock that
 * was ahead has come back, and new entries would be passed over until that time is reached. Entries that were read
 * before may be counted once more; none is left out.
 */
async function stepBack(ctx: Context, settledTo: Date | null): Promise<void> {
  await withTransaction(ctx.database.db, async (tx) => {
    const progress = await lockProgress(tx);
    if (!progress?.readTo) return;
    const { fencePosition, readTo } = progress;
    const [first] = await tx
      .select({ at: sql<Date | null>`min(${ledger.at})`.mapWith(ledger.at) })
      .from(ledger)
      .where(and(gte(ledger.xid, fencePosition ?? 0), lt(ledger.at, readTo)));
    const back = new Date(Math.min(settledTo?.getTime() ?? readTo.getTime(), (first?.at?.getTime() ?? Infinity) - 1));
    const hoursFrom = progress.hoursFrom && progress.hoursFrom > back ? back : progress.hoursFrom;
    await tx.update(alertProgress).set({ readTo: back, hoursFrom });
    await tx.delete(alertCounts).where(gt(alertCounts.bucket, new Date(back.getTime() + 5 * 60_000)));
    ctx.log.warn({ event: 'alerts_stepped_back', from: readTo, to: back });
  });
}

async function checkStates(ctx: Context, rules: readonly Rule[], now: Date): Promise<void> {
  const [progress] = await ctx.database.db.select({ checkedAt: alertProgress.checkedAt }).from(alertProgress);
  const isDue = ({ id, everyMinutes }: StateRule) => {
    const checked = progress?.checkedAt[id];
    const age = checked ? now.getTime() - Date.parse(checked) : Number.POSITIVE_INFINITY;
    // One that lies ahead was written by a clock that has come back.
    return age < 0 || age >= everyMinutes * 60_000;
  };
  for (const rule of rules) {
    if (rule.kind !== 'state' || !isDue(rule)) continue;
    const found = await readState(ctx, rule, now);
    await withTransaction(ctx.database.db, async (tx) => {
      if (!(await lockProgress(tx))) return;
      await settleAll(tx, ctx, [rule], found, now);
      const checked = JSON.stringify({ [rule.id]: now.toISOString() });
      await tx.update(alertProgress).set({ checkedAt: sql`${alertProgress.checkedAt} || ${checked}::jsonb` });
    });
  }
}

/**
 * Reads on in the ledger from where the last look ended, as far as it has settled, and lets alerts open, go on and end;
 * then looks at the states that no entry tells of. One process at a time, whichever is woken; what it found and how far
 * it read are one transaction, so that after a crash nothing is missing or counted twice.
 * @throws AppError `forbidden` unless this process itself asks
 */
export async function evaluateAlerts(ctx: Context, input: EvaluateInput = {}): Promise<void> {
  const { now: given, seconds = budgetSeconds, signal } = input;
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const { db } = ctx.database;
  await db.insert(alertProgress).values({ id: 1 }).onConflictDoNothing();
  const [progress] = await db.select().from(alertProgress);
  const earlier =
    progress?.fencePosition != null && progress.fenceAt
      ? { position: progress.fencePosition, at: progress.fenceAt }
      : null;
  // Outside of the transaction that reads: its own lock is a write, which would hold the horizon back.
  const { settledTo, fence } = await settledHorizon(ctx.database, earlier, given);
  if (progress?.readTo && progress.readTo > (given ?? (await databaseNow(db)))) await stepBack(ctx, settledTo);
  await db.update(alertProgress).set({ fencePosition: fence.position, fenceAt: fence.at });
  const rules = await currentRules(db);
  const begun = performance.now();
  const over = () => signal?.aborted || performance.now() - begun > seconds * 1000;
  for (let slices = 0, length = 0; settledTo && slices < mostSlices && !over(); slices++) {
    try {
      if (!(await readNext(ctx, rules, settledTo, sliceSeconds[length] ?? 3))) break;
    } catch (error) {
      length += 1;
      if (length >= sliceSeconds.length) throw error;
      ctx.log.warn({ event: 'alert_slice_shortened', seconds: sliceSeconds[length], err: error });
    }
  }
  await checkStates(ctx, rules, given ?? (await databaseNow(db)));
}
