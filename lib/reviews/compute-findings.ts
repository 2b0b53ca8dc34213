import { and, desc, eq, isNotNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import type { Db } from '#lib/db/database';
import { type Finding, type Findings, reviews } from '#lib/db/schema/reviews';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import { type Clock, isOpen } from '#lib/reviews/open-reviews';
import { periodBefore } from '#lib/reviews/periods';
import type { Span } from '#lib/reviews/task';
import { taskOf } from '#lib/reviews/task-list';
import { transactAs } from '#lib/sign-in/transact-as';

export const reviewInput = z.object({ id: z.string().min(1).max(64) });
export type ReviewInput = z.input<typeof reviewInput>;

/** Findings of one review that are kept; the rest is counted. */
const mostFindings = 200;
const longestText = 500;

type Row = typeof reviews.$inferSelect;

/**
 * From where the last signed-off review of the task ended, so that no time is left out between two. One that seems to end
 * later than now was of a clock that was ahead: from there on the next one would look at nothing, and find nothing.
 */
async function spanOf(db: Db, { task, period, periodStart: start }: Row, to: Date): Promise<Span> {
  const [last] = await db
    .select({ to: sql<string>`${reviews.findings}->>'to'` })
    .from(reviews)
    .where(and(eq(reviews.task, task), isNotNull(reviews.signedOffAt)))
    .orderBy(desc(reviews.signedOffAt))
    .limit(1);
  const ended = last && new Date(last.to);
  if (ended && ended < to) return { from: ended, to };
  return { from: period === 'on_change' ? start : periodBefore(period, to), to };
}

const urgency = { attention: 0, unknown: 1, fine: 2 } as const;

function bounded(items: readonly Finding[]): Pick<Findings, 'items' | 'more'> {
  const sorted = items.toSorted((a, b) => urgency[a.result] - urgency[b.result]);
  const kept = sorted.slice(0, mostFindings).map((one) => ({ ...one, found: one.found.slice(0, longestText) }));
  return { items: kept, more: items.length - kept.length };
}

/**
 * Computes what the reviewer has to know, and keeps it with the review. Findings of an earlier look are replaced.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_request`, `not_found`; `conflict` where the
 *   review is closed
 */
export async function computeFindings(ctx: Context, input: ReviewInput, { now }: Clock = {}): Promise<Findings> {
  requireAdministrator(ctx);
  const { id } = parseInput(reviewInput, input);
  const { db } = ctx.database;
  const [row] = await db.select().from(reviews).where(eq(reviews.id, id));
  const task = row && taskOf(row.task);
  if (!row || !task) throw new AppError('not_found');
  if (row.signedOffAt || row.missedAt) throw new AppError('conflict', { message: 'This review is closed.' });
  // Moments of rows are rounded to the millisecond, some upwards: what was written just before is within the span.
  const at = now ?? (await databaseNow(db));
  const to = now ?? new Date(at.getTime() + 2);
  const span = await spanOf(db, row, to);
  // Outside of the transaction: other work does not wait for what reads for seconds.
  const found = await task.find(ctx, span);
  const findings = { from: span.from.toISOString(), to: to.toISOString(), ...bounded(found) };
  await transactAs(ctx, async (tx) => {
    const kept = await tx
      .update(reviews)
      .set({ findings, findingsAt: at })
      .where(and(eq(reviews.id, id), isOpen))
      .returning({ id: reviews.id });
    if (kept.length === 0) throw new AppError('conflict', { message: 'This review is closed.' });
  });
  return findings;
}
