import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

/** The database's clock, which all processes share, whatever theirs say. */
export async function databaseNow(db: Db): Promise<Date> {
  const [row] = rowsOf<{ at: Date | string }>(await db.execute(sql`select clock_timestamp() as at`));
  if (!row) throw new Error('the database told no time');
  return new Date(row.at);
}
