import { sql } from 'drizzle-orm';
import { type Database, type Db, rowsOf } from '#lib/db/database';
import { readSettled } from '#lib/db/positions';

/** A transaction that keeps the hub from reading the ledger. */
export interface HeldBack {
  /** Since when at least, by the database's clock. */
  since: Date;
  seconds: number;
  /** The process of the database's server; null where it has none. */
  pid: number | null;
  /** The role that it signed in as; empty where nothing is known of it. */
  role: string;
}

/** As long as a transaction may last without anything being said. */
const toleratedSeconds = 60;

interface Row extends Record<string, unknown> {
  position: number;
  since: Date | string;
  seconds: number;
}

async function readFence(db: Db): Promise<Row | undefined> {
  const [row] = rowsOf<Row>(
    await db.execute(sql`select fence_position::float8 as position, fence_at as since,
        extract(epoch from clock_timestamp() - fence_at)::float8 as seconds
      from alert_progress where fence_position is not null and fence_at is not null`),
  );
  return row;
}

/**
 * The transaction that has kept the ledger from settling for more than a minute; null where none has. Asked of the
 * database itself and not of the ledger, so that it is told although no entry is read meanwhile.
 * @param now replaces the database's clock
 */
export async function readHeldBack(database: Pick<Database, 'db' | 'engine'>, now?: Date): Promise<HeldBack | null> {
  const fence = await readFence(database.db);
  if (!fence) return null;
  const seconds = now ? (now.getTime() - new Date(fence.since).getTime()) / 1000 : fence.seconds;
  if (seconds < toleratedSeconds) return null;
  const { position, holder } = await readSettled(database);
  if (!holder || fence.position <= position) return null;
  return { since: new Date(fence.since), seconds, ...holder };
}
