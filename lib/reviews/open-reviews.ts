import { and, desc, eq, isNull, lte, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { lockFor } from '#lib/db/advisory-locks';
import { databaseNow } from '#lib/db/clock';
import { type Db, withTransaction } from '#lib/db/database';
import { reviews } from '#lib/db/schema/reviews';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { periodEnd, periodStart } from '#lib/reviews/periods';
import { providerChanges } from '#lib/reviews/provider-changes';
import type { ReviewTask } from '#lib/reviews/task';
import { reviewTasks } from '#lib/reviews/task-list';

/** Replaces the database's clock. */
export interface Clock {
  now?: Date;
}

type Row = typeof reviews.$inferSelect;

const dayMs = 86_400_000;
/** How far back a hub without reviews looks for changes of providers. */
const firstChangesMs = 30 * dayMs;
/** Periods that a hub which stood still makes up for at one look; a year of weeks and more. */
const mostPeriods = 60;

/** The newest review that has begun; one ahead was opened by a clock that was ahead. */
async function lastOf(tx: Db, task: ReviewTask, now: Date): Promise<Row | undefined> {
  const [row] = await tx
    .select()
    .from(reviews)
    .where(and(eq(reviews.task, task.id), lte(reviews.periodStart, now)))
    .orderBy(desc(reviews.periodStart))
    .limit(1);
  return row;
}

async function open(tx: Db, task: ReviewTask, last: Row | undefined, start: Date, due: Date, now: Date): Promise<void> {
  await tx
    .insert(reviews)
    .values({
      id: newId('rev'),
      task: task.id,
      period: task.period,
      periodStart: start,
      dueAt: due,
      owner: last?.owner ?? null,
      mailDueAt: now,
      createdAt: now,
    })
    .onConflictDoNothing();
}

/** Closes a review that was not signed off in its period and some time more: the year keeps it as missed. */
async function miss(tx: Db, ctx: Context, row: Row, now: Date): Promise<boolean> {
  const missed = await tx
    .update(reviews)
    .set({ missedAt: now, mailDueAt: null })
    .where(and(eq(reviews.id, row.id), isNull(reviews.signedOffAt), isNull(reviews.missedAt)))
    .returning({ id: reviews.id });
  if (missed.length === 0) return false;
  const details = { review: row.id, task: row.task, due_at: row.dueAt.toISOString() };
  await record(tx, ctx, { action: 'review.missed', outcome: 'failed', details });
  return true;
}

/**
 * Opens the reviews of the periods that have begun. One task has one open review: a next period's takes the place of
 * one that is over its date, and is due at once.
 */
async function openPeriodic(tx: Db, ctx: Context, task: ReviewTask, now: Date): Promise<void> {
  if (task.period === 'on_change') return;
  for (let n = 0; n < mostPeriods; n++) {
    const last = await lastOf(tx, task, now);
    const current = periodStart(task.period, now);
    if (!last) {
      const end = periodEnd(task.period, current);
      // A hub that begins at the end of a period gets half a period for its first review.
      const half = new Date(now.getTime() + (end.getTime() - current.getTime()) / 2);
      return open(tx, task, last, current, end > half ? end : half, now);
    }
    const waits = last.signedOffAt === null && last.missedAt === null;
    if (last.periodStart >= current || (waits && last.dueAt > now)) return;
    const start = periodEnd(task.period, last.periodStart);
    const missed = waits && (await miss(tx, ctx, last, now));
    await open(tx, task, last, start, missed ? start : periodEnd(task.period, start), now);
  }
}

async function openAfterChange(tx: Db, ctx: Context, task: ReviewTask, now: Date): Promise<void> {
  if (task.period !== 'on_change') return;
  const last = await lastOf(tx, task, now);
  // An open one takes further changes along: its findings are computed again before it is signed off.
  if (last && last.signedOffAt === null) return;
  const ended = last?.findings && new Date(last.findings.to);
  // One that ended later than now was of a clock that was ahead: what came after its own change may be unseen.
  const seen = ended && ended <= now ? ended : (last?.periodStart ?? new Date(now.getTime() - firstChangesMs));
  const [first] = await providerChanges({ ...ctx, database: { ...ctx.database, db: tx } }, { from: seen, to: now });
  if (first) await open(tx, task, last, first.at, periodEnd(task.period, first.at), now);
}

/**
 * Opens the reviews that are due in their period or after a change, and closes overdue ones as their next period begins.
 * @throws AppError `forbidden` unless this process itself asks
 */
export async function openReviews(ctx: Context, { now: given }: Clock = {}): Promise<void> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const now = given ?? (await databaseNow(ctx.database.db));
  for (const task of reviewTasks)
    await withTransaction(ctx.database.db, async (tx) => {
      await lockFor(tx, 'reviews');
      await openPeriodic(tx, ctx, task, now);
      await openAfterChange(tx, ctx, task, now);
    });
}

/** True for a review that waits for its sign-off. */
export const isOpen = sql`${reviews.signedOffAt} is null and ${reviews.missedAt} is null`;
