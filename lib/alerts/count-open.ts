import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { type CappedCount, countCapped } from '#lib/db/count-capped';
import { requireReader } from '#lib/guards/require';

/** A longer number beside a word is not read. */
const countUpTo = 99;

/**
 * How many alerts are not acknowledged yet.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function countOpenAlerts(ctx: Context): Promise<CappedCount> {
  requireReader(ctx);
  const rows = sql`(select 1 from alerts where state = 'open' limit ${countUpTo + 1})`;
  return countCapped(ctx.database.db, rows, countUpTo);
}
