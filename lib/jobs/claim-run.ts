import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

/** The jobs that one process after another does each minute. Our own rows say which work is due within them. */
export const jobNames = ['tick', 'refresh'] as const;
export type JobName = (typeof jobNames)[number];

/** Seconds from the beginning of a run to that of the next. */
export const everySeconds = 60;
/** A row that another process has just written is no moment ahead. */
const leewaySeconds = 1;

/** A job as it stands, and whether its next run is due by the database's clock. */
export interface JobState extends Record<string, unknown> {
  name: JobName;
  run: number;
  due: boolean;
}

/** The jobs, and the moment of the look in milliseconds since 1970 by the database's clock. */
export interface Look {
  at: number;
  jobs: JobState[];
}

/**
 * Looks which runs are due: the last one began a minute ago, or it seems to begin later than now. No run does; so where
 * a clock was ahead as it began, the next one does not wait until that time is reached.
 */
export async function lookAtJobs(db: Db): Promise<Look> {
  const rows = rowsOf<JobState & { at: number }>(
    await db.execute(sql`select known.name, coalesce(jobs.run, 0)::float8 as run,
        coalesce(jobs.started_at not between moment.at - make_interval(secs => ${everySeconds}::float8)
          and moment.at + make_interval(secs => ${leewaySeconds}::float8), true) as due,
        extract(epoch from moment.at)::float8 * 1000 as at
      from unnest(array[${sql.join(
        jobNames.map((name) => sql`${name}`),
        sql`, `,
      )}]::text[]) known(name)
        left join jobs on jobs.name = known.name
        cross join (select clock_timestamp() as at) moment`),
  );
  return { at: rows[0]?.at ?? Number.NaN, jobs: rows };
}

/**
 * Takes the run after the one that was seen, for this process. Undefined where another has taken it.
 * @param seen the number of the run that began last; 0: none did
 */
export async function claimRun(db: Db, name: JobName, seen: number, processId: string): Promise<number | undefined> {
  const [row] = rowsOf<{ run: number }>(
    await db.execute(sql`insert into jobs (name, run, started_at, started_by)
      values (${name}, ${seen + 1}, clock_timestamp(), ${processId})
      on conflict (name) do update set run = excluded.run, started_at = excluded.started_at,
        started_by = excluded.started_by where jobs.run = ${seen}
      returning run::float8 as run`),
  );
  return row?.run;
}

/** How a run went. */
export interface RunEnd {
  tookMs: number;
  /** The steps that failed. */
  failedSteps: string[];
}

/** Keeps how a run went, unless a later one has ended meanwhile. */
export async function endRun(db: Db, name: JobName, run: number, { tookMs, failedSteps }: RunEnd): Promise<void> {
  await db.execute(sql`update jobs set ended_run = ${run}, ended_at = clock_timestamp(), took_ms = ${Math.round(tookMs)},
      failed_steps = array(select jsonb_array_elements_text(${JSON.stringify(failedSteps)}::text::jsonb))
    where name = ${name} and ended_run < ${run}`);
}
