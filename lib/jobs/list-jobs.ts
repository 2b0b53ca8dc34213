import { sql } from 'drizzle-orm';
import { requireReader } from '#lib/access/require';
import type { Context } from '#lib/context';
import { dateOf, rowsOf } from '#lib/db/database';
import { refreshQueue, tickQueue } from '#lib/jobs/job-tables';

/** Minutes without an end of a job's run after which something keeps it. */
const lateAfterMinutes = 5;

/** A job of the background, which one process after another does each minute. */
export interface JobView {
  name: typeof tickQueue | typeof refreshQueue;
  /** When its last run ended; null where none is remembered. */
  lastEndedAt: Date | null;
  /** Since when a run is under way. */
  runningSince: Date | null;
  /** The next minute, at which a process is woken; null where the job has no schedule. */
  nextAt: Date | null;
  /** True where it is scheduled, nothing runs and the last end is longer ago than a few minutes. */
  late: boolean;
}

interface Row extends Record<string, unknown> {
  name: JobView['name'];
  last_ended_at: Date | string | null;
  running_since: Date | string | null;
  next_at: Date | string | null;
  late: boolean;
}

/**
 * When the jobs of the background ran last and run next, on whichever process.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listJobs(ctx: Context): Promise<JobView[]> {
  requireReader(ctx);
  const rows = rowsOf<Row>(
    await ctx.database.db.execute(sql`
      select found.*, next_at is not null and running_since is null
          and last_ended_at < now() - make_interval(mins => ${lateAfterMinutes}::int) as late
      from (select q.name,
          (select max(completed_on) from pgboss.job where job.name = q.name and completed_on is not null) as last_ended_at,
          (select min(started_on) from pgboss.job where job.name = q.name and state = 'active') as running_since,
          (select date_trunc('minute', now()) + interval '1 minute' from pgboss.schedule
            where schedule.name = q.name limit 1) as next_at
        from (values (${tickQueue}::text), (${refreshQueue}::text)) q(name)) found`),
  );
  return rows.map((row) => ({
    name: row.name,
    lastEndedAt: dateOf(row.last_ended_at),
    runningSince: dateOf(row.running_since),
    nextAt: dateOf(row.next_at),
    late: row.late === true,
  }));
}
