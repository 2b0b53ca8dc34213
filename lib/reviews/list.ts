import { and, asc, desc, eq, gte, inArray, isNull, or, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { type CappedCount, countCapped } from '#lib/db/count-capped';
import type { Db } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { reviews } from '#lib/db/schema/reviews';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import { type ReviewInput, reviewInput } from '#lib/reviews/compute-findings';
import { type Clock, isOpen } from '#lib/reviews/open-reviews';
import { type ReviewRow, toReviewView } from '#lib/reviews/read-views';
import { freshHours } from '#lib/reviews/sign-off';
import { reviewTasks, taskOf } from '#lib/reviews/task-list';
import type { ReviewDetailView, ReviewView, Somebody } from '#lib/reviews/views';

const yearMs = 366 * 86_400_000;
/** A year of weekly reviews, and of everything else. */
const mostReviews = 1_000;
const mostHistory = 60;

/** The names that people have now, by id. */
async function namesOf(db: Db, ids: readonly (string | null)[]): Promise<(id: string) => string | null> {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  const rows =
    wanted.length === 0
      ? []
      : await db
          .select({ id: people.id, name: sql<string | null>`coalesce(${people.name}, ${people.email})` })
          .from(people)
          .where(inArray(people.id, wanted));
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? null;
}

/** Reviews that are due, and the year at a glance. */
export interface ReviewsView {
  /** Open and overdue ones, the first due first. */
  due: ReviewView[];
  /** Each task with its reviews of the year, the oldest first. */
  year: { task: string; title: string; period: ReviewView['period']; reviews: ReviewView[] }[];
}

/**
 * The reviews that wait, and those of the last year.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listReviews(ctx: Context, { now: given }: Clock = {}): Promise<ReviewsView> {
  requireReader(ctx);
  const { db } = ctx.database;
  const now = given ?? (await databaseNow(db));
  const rows = await db
    .select()
    .from(reviews)
    .where(or(isOpen, gte(reviews.dueAt, new Date(now.getTime() - yearMs))))
    .orderBy(desc(reviews.periodStart), asc(reviews.task))
    .limit(mostReviews);
  const nameOf = await namesOf(
    db,
    rows.map(({ owner }) => owner),
  );
  const views = rows.map((row) => toReviewView(row, now, nameOf)).toReversed();
  const waits = ({ state }: ReviewView) => state === 'open' || state === 'overdue';
  return {
    due: views.filter(waits).sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime()),
    year: reviewTasks.map(({ id, title, period }) => ({
      ...{ task: id, title, period },
      reviews: views.filter(({ task }) => task === id),
    })),
  };
}

/**
 * One review with its findings and its history.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`, `not_found`
 */
export async function getReview(
  ctx: Context,
  input: ReviewInput,
  { now: given }: Clock = {},
): Promise<ReviewDetailView> {
  requireReader(ctx);
  const { id } = parseInput(reviewInput, input);
  const { db } = ctx.database;
  const now = given ?? (await databaseNow(db));
  const [row] = await db.select().from(reviews).where(eq(reviews.id, id));
  if (!row) throw new AppError('not_found');
  const history = await db
    .select()
    .from(reviews)
    .where(and(eq(reviews.task, row.task), sql`${reviews.id} <> ${id}`))
    .orderBy(desc(reviews.periodStart))
    .limit(mostHistory);
  const all: ReviewRow[] = [row, ...history];
  const nameOf = await namesOf(db, [...all.map(({ owner }) => owner), row.signedOffBy]);
  const age = row.findingsAt ? now.getTime() - row.findingsAt.getTime() : Number.POSITIVE_INFINITY;
  return {
    ...toReviewView(row, now, nameOf),
    about: taskOf(row.task)?.about ?? 'A task of an earlier version of this hub.',
    findings: row.findings,
    fresh: age >= 0 && age <= freshHours * 3_600_000,
    signedOffBy: row.signedOffBy === null ? null : { id: row.signedOffBy, name: nameOf(row.signedOffBy) },
    note: row.note,
    history: history.map((one) => toReviewView(one, now, nameOf)),
  };
}

/** The administrators who can own a review. @throws AppError `unauthenticated`, `forbidden` */
export async function listOwners(ctx: Context): Promise<Somebody[]> {
  requireReader(ctx);
  return ctx.database.db
    .select({ id: people.id, name: sql<string | null>`coalesce(${people.name}, ${people.email})` })
    .from(people)
    .where(
      and(
        sql`(${people.adminByConfig} or ${people.role} = 'administrator')`,
        isNull(people.disabledAt),
        isNull(people.deletedAt),
      ),
    )
    .orderBy(asc(people.createdAt), asc(people.id))
    .limit(200);
}

/** How many reviews are past their date. @throws AppError `unauthenticated`, `forbidden` */
export async function countOverdueReviews(ctx: Context): Promise<CappedCount> {
  requireReader(ctx);
  const rows = sql`(select 1 from reviews where signed_off_at is null and missed_at is null
    and due_at < clock_timestamp() limit 100)`;
  return countCapped(ctx.database.db, rows, 99);
}
