import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { type Db, dateOf, rowsOf } from '#lib/db/database';
import { requireReader } from '#lib/guards/require';
import { everySeconds, type JobName, jobNames } from '#lib/jobs/claim-run';

/** Minutes without an end of a job's run after which something keeps it. */
const lateAfterMinutes = 5;
/** Minutes for which one run may be under way, as a round over very many connections is, without counting as late. */
const longestRunMinutes = 30;
/** Runs that may have begun since the last one ended: processes help one another, and some die. */
const mostWithoutEnd = 10;

/** A job of the background, which one process after another does each minute. */
export interface JobView {
  name: JobName;
  /** When its last run ended; null where none is remembered. */
  lastEndedAt: Date | null;
  /** How long that run took, and which of its steps failed. */
  lastTookMs: number | null;
  failedSteps: string[];
  /** Since when a run is under way. */
  runningSince: Date | null;
  /** When the next run is due; null where none ever began. */
  nextAt: Date | null;
  /** True where no run has ended for minutes, and none goes on that may well take so long. */
  late: boolean;
}

interface Row extends Record<string, unknown> {
  name: JobName;
  last_ended_at: Date | string | null;
  took_ms: number | null;
  failed_steps: string[];
  running_since: Date | string | null;
  next_at: Date | string | null;
  late: boolean;
}

const minutes = (count: number) => sql`make_interval(mins => ${count}::int)`;
/** A moment that lies within so many minutes, and not ahead: a clock may have been. */
const within = (moment: string, count: number) =>
  sql`coalesce(${sql.raw(moment)} between clock_timestamp() - ${minutes(count)} and clock_timestamp() + ${minutes(1)}, false)`;

async function readJobs(db: Db): Promise<Row[]> {
  return rowsOf<Row>(
    await db.execute(sql`
      select j.name, j.ended_at as last_ended_at, j.took_ms, to_jsonb(j.failed_steps) as failed_steps,
        case when j.ended_run < j.run then j.started_at end as running_since,
        j.started_at + make_interval(secs => ${everySeconds}::float8) as next_at,
        j.run > 0 and not ${within('j.ended_at', lateAfterMinutes)} and not (j.ended_run < j.run
          and j.run - j.ended_run <= ${mostWithoutEnd} and ${within('j.started_at', longestRunMinutes)}) as late
      from jobs j`),
  );
}

/** The jobs that are late, for what tells of a process's health. One that never ran is not: it has just been installed. */
export async function lateJobs(db: Db): Promise<JobName[]> {
  return (await readJobs(db)).filter(({ late }) => late).map(({ name }) => name);
}

/** The word of `/readyz` on the jobs: true, or a text where they are late. Vends go on without them. */
export async function sayLate(db: Db): Promise<true | string> {
  try {
    const late = await lateJobs(db);
    return late.length === 0 || `the background is late: ${late.join(', ')}`;
  } catch {
    return 'the state of the background cannot be read';
  }
}

/**
 * When the jobs of the background ran last, how that went, and when they run next, on whichever process.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listJobs(ctx: Context): Promise<JobView[]> {
  requireReader(ctx);
  const rows = await readJobs(ctx.database.db);
  return jobNames.map((name) => {
    const row = rows.find((one) => one.name === name);
    return {
      name,
      lastEndedAt: dateOf(row?.last_ended_at ?? null),
      lastTookMs: row?.took_ms ?? null,
      failedSteps: row?.failed_steps ?? [],
      runningSince: dateOf(row?.running_since ?? null),
      nextAt: dateOf(row?.next_at ?? null),
      late: row?.late === true,
    };
  });
}
