import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

/** The database's clock, which all processes share, whatever theirs say. */
export async function databaseNow(db: Db): Promise<Date> {
  const [row] = rowsOf<{ at: Date | string }>(await db.execute(sql`select clock_timestamp() as at`));
  if (!row) throw new Error('the database told no time');
  return new Date(row.at);
}

/** One moment by two clocks. */
export interface ClockReading {
  /** Seconds since 1970 by the database's clock. */
  database: number;
  /** `performance.now()` at that moment or a little later. */
  local: number;
}

/** The time of the database's clock, for an interval that begins now. */
export async function readClock(db: Db): Promise<ClockReading> {
  const found = await db.execute(sql`select extract(epoch from clock_timestamp())::float8 as now`);
  const [row] = rowsOf<{ now: number }>(found);
  if (!row) throw new Error('the database told no time');
  return { database: row.now, local: performance.now() };
}

/** The time of the database's clock at a later `performance.now()`, or a little less; in seconds since 1970. */
export const databaseTime = ({ database, local }: ClockReading, at: number): number => database + (at - local) / 1000;
