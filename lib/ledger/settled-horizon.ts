import { sql } from 'drizzle-orm';
import { type Database, rowsOf } from '#lib/db/database';
import { settledPosition } from '#lib/db/positions';

/** A moment and the position of the first transaction that had not begun to write by then. */
export interface Fence {
  position: number;
  at: Date;
}

/** Every entry with `at` up to `settledTo` is there; null where nothing is known yet. `fence` is for the next look. */
export interface Horizon {
  settledTo: Date | null;
  fence: Fence;
}

/**
 * Longer than a process of the database can reasonably stand still between taking an entry's time and the number of its
 * transaction, which follow one another at once.
 */
const margin = 5_000;

interface Row extends Record<string, unknown> {
  next: number;
  at: Date | string;
}

/**
 * Up to when the ledger is complete. Entries carry the time at which they were written and show up when their
 * transaction commits, in another order. A reader who goes on from the last entry seen would skip entries that commit
 * late.
 *
 * A transaction takes its position with its first write. So once every transaction below the position that was next at
 * `fence.at` has ended, no entry of an earlier time can still appear. Two looks decide: the fence of an earlier one, and
 * whether the ledger's settled position has passed it. A transaction that writes for long holds the horizon back and
 * skips nothing. Where nothing is under way, the fence of this very look has been passed.
 *
 * @param given the fence of the last look. One from another server, with positions higher than ours (a restored dump),
 * is not believed, nor one of a time that has not come: a clock that was ahead made it
 * @param now replaces the database's clock
 */
export async function settledHorizon(
  database: Pick<Database, 'db' | 'engine'>,
  given: Fence | null,
  now?: Date,
): Promise<Horizon> {
  const [row] = rowsOf<Row>(
    await database.db.execute(
      sql`select ledger_position(pg_snapshot_xmax(pg_current_snapshot()))::float8 as next, clock_timestamp() as at`,
    ),
  );
  if (!row) throw new Error('no snapshot');
  const fence: Fence = { position: row.next, at: now ?? new Date(row.at) };
  const earlier = given !== null && given.at <= fence.at ? given : null;
  // Asked after the fence was taken: transactions that it has passed had ended by then.
  const settled = await settledPosition(database);
  const passed = [earlier, fence].filter((one) => one !== null && one.position <= settled);
  const latest = Math.max(...passed.map((one) => one?.at.getTime() ?? 0));
  // A fence that holds keeps its place until it is passed: taken anew each time, it never would be.
  const holds = earlier !== null && earlier.position > settled && earlier.position <= fence.position;
  return {
    settledTo: passed.length > 0 ? new Date(latest - margin) : null,
    fence: holds ? earlier : fence,
  };
}
