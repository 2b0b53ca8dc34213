import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

/** A moment and the first transaction that had not begun to write by then. */
export interface Fence {
  xid: number;
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
  xmin: string;
  xmax: string;
  at: Date | string;
}

/**
 * Up to when the ledger is complete. Entries carry the time at which they were written and show up when their
 * transaction commits, in another order; whoever reads on from the last entry seen would skip those that commit late.
 *
 * A transaction takes its number with its first write. So once every transaction below the number that was next at
 * `fence.at` has ended, no entry of an earlier time can still appear. Two looks decide: the fence of an earlier one, and
 * whether the oldest transaction still running has passed it. A transaction that writes for long holds the horizon back
 * and skips nothing. Where nothing is under way, the fence of this very look has been passed.
 *
 * @param earlier the fence of the last look; one from another server, whose numbers are higher than ours (a restored
 *   dump), is not believed
 * @param now replaces the database's clock
 */
export async function settledHorizon(db: Db, earlier: Fence | null, now?: Date): Promise<Horizon> {
  const [row] = rowsOf<Row>(
    await db.execute(
      sql`select pg_snapshot_xmin(s)::text as xmin, pg_snapshot_xmax(s)::text as xmax, clock_timestamp() as at
        from pg_current_snapshot() s`,
    ),
  );
  if (!row) throw new Error('no snapshot');
  const [xmin, xmax] = [Number(row.xmin), Number(row.xmax)];
  const fence: Fence = { xid: xmax, at: now ?? new Date(row.at) };
  const passed = [earlier, fence].filter((one) => one !== null && one.xid <= xmin);
  const latest = Math.max(...passed.map((one) => one?.at.getTime() ?? 0));
  // A fence that holds keeps its place until it is passed: taken anew each time, it never would be.
  const holds = earlier !== null && earlier.xid > xmin && earlier.xid <= xmax;
  return {
    settledTo: passed.length > 0 ? new Date(latest - margin) : null,
    fence: holds ? earlier : fence,
  };
}
