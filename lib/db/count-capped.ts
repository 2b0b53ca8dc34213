import { type SQL, sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

/** Lists are counted exactly so far, and called «10,000+» beyond. */
export const countUpTo = 10_000;

/** How many there are; `capped` where there are more than `count`. */
export interface CappedCount {
  count: number;
  capped: boolean;
}

/**
 * Counts the rows of a statement that reads at most one more than `upTo`.
 * @param rows the statement in parentheses
 */
export async function countCapped(db: Db, rows: SQL, upTo: number): Promise<CappedCount> {
  const [row] = rowsOf<{ count: number }>(await db.execute(sql`select count(*)::int as count from ${rows} as counted`));
  const count = row?.count ?? 0;
  return { count: Math.min(count, upTo), capped: count > upTo };
}
