import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

/** The database's clock in milliseconds since 1970, with this process's own stopwatch before and after it was read. */
export interface ClockReading {
  at: number;
  asked: number;
  answered: number;
}

/** The largest step of a clock that is set right by small steps, in milliseconds. */
const toleratedMs = 2_000;
/** Several processes write marks, and every mark is at most so much later than now. */
const markAheadSeconds = 5;

/**
 * By how much the database's clock went ahead (more than 0) or back (less) between two readings, in milliseconds, as far
 * as it is beyond doubt; 0 where it went with this process's stopwatch, which no setting of clocks moves.
 */
export function clockStep(before: ClockReading, now: ClockReading): number {
  const byDatabase = now.at - before.at;
  const atLeast = now.asked - before.answered;
  const atMost = now.answered - before.asked;
  if (byDatabase < atLeast - toleratedMs) return byDatabase - atLeast;
  if (byDatabase > atMost + toleratedMs) return byDatabase - atMost;
  return 0;
}

/**
 * Writes down that the database's clock went back: where a process noticed it, and where the last sign of life in the
 * database is later than now, which no process need have seen (`instance.mark`). From then on tokens that were stored
 * before are not believed to live as long as their rows say. Answers the milliseconds; 0 where nothing was to be written.
 *
 * The mark begins anew from now: it would stand still until its old time is reached, and a backup from meanwhile would
 * not be noticed. A row that was loaded from a dump is left to the restore guard.
 */
export async function noteClockWentBack(db: Db, noticed: boolean): Promise<number> {
  const [row] = rowsOf<{ ms: number }>(
    await db.execute(sql`update instance set clock_went_back_at = clock_timestamp(),
        clock_went_back_ms = instance.clock_went_back_ms + before.ahead,
        mark = least(instance.mark, clock_timestamp()), generation = instance.generation + (before.ahead > 0)::int,
        written_by = pg_current_xact_id()::text::bigint
      from (select id, greatest(0, extract(epoch from mark - clock_timestamp())::float8 * 1000) as ahead from instance
        for update) before
      where instance.id = before.id and instance.xmin::text::bigint = instance.written_by % 4294967296
        and (${noticed}::boolean or before.ahead > ${markAheadSeconds * 1000}::float8)
      returning before.ahead as ms`),
  );
  return row?.ms ?? 0;
}
