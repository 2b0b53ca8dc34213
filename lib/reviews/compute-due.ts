import { and, asc, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { checkRuns } from '#lib/db/schema/checks';
import { reviews } from '#lib/db/schema/reviews';
import { AppError, isAppError } from '#lib/errors';
import { computeFindings } from '#lib/reviews/compute-findings';
import { type Clock, isOpen } from '#lib/reviews/open-reviews';
import { moment } from '#lib/reviews/rows';

/** Reviews of one look: the rest follows at the next minute's. */
const atOnce = 3;
/** Findings are computed again before they are too old for a sign-off. */
const againAfterHours = 12;

/**
 * Computes the findings of open reviews that have none, or old ones, or such as are older than the last run of the checks.
 * @throws AppError `forbidden` unless this process itself asks
 */
export async function computeDueFindings(ctx: Context, clock: Clock = {}): Promise<void> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const { db } = ctx.database;
  const now = clock.now ?? (await databaseNow(db));
  const lastChecked = sql`(select max(${checkRuns.endedAt}) from ${checkRuns}
    where ${checkRuns.provider} = '' and ${checkRuns.endedAt} <= ${moment(now)})`;
  const due = await db
    .select({ id: reviews.id })
    .from(reviews)
    .where(
      and(
        isOpen,
        sql`coalesce(${reviews.findingsAt}, '-infinity') not between
          greatest(${moment(now)} - make_interval(hours => ${againAfterHours}::int), ${lastChecked}) and ${moment(now)}`,
      ),
    )
    .orderBy(asc(sql`coalesce(${reviews.findingsAt}, '-infinity')`), asc(reviews.id))
    .limit(atOnce);
  for (const { id } of due)
    try {
      await computeFindings(ctx, { id }, { now });
    } catch (error) {
      // Signed off meanwhile, or of a later build.
      if (!isAppError(error)) throw error;
    }
}
