import { setTimeout as sleep } from 'node:timers/promises';
import type { Runtime } from '#lib/context';
import { claimRun, endRun, everySeconds, type JobName, type JobState, lookAtJobs } from '#lib/jobs/claim-run';
import { type ClockReading, clockStep, noteClockWentBack } from '#lib/jobs/clock-steps';

/** How often a process looks whether a run is due. */
const lookEveryMs = 5_000;
/** A run of this process that lasts so long has stalled: it is told to end, and the next one no longer waits for it. */
const stalledAfterMs = 10 * 60_000;
/** How long the end of the process waits for runs that are under way. */
const endPatienceMs = 5_000;

/** Does one run of a job and answers the steps of it that failed. */
export type JobWork = (signal: AbortSignal) => Promise<string[]>;

export interface Timer {
  /** One look, which begins the due runs. Looks never overlap. */
  look(): Promise<void>;
  /** Begins nothing more, tells runs under way to end, and waits for them a little. */
  stop(): Promise<void>;
}

/** A run of this process that is under way. */
interface Running {
  begunAt: number;
  ending: AbortController;
  ended: Promise<void>;
}

/**
 * Wakes this process for the runs that it gets: each process looks every few seconds, and a row lets one of them have
 * the next run (`claim-run.ts`). A run goes by elapsed time as well as by the database's clock, so that no clock that
 * stands still or was set back keeps the jobs from going on. A process that dies or stalls in a run has no hold on the
 * next one: another process takes it a minute later.
 */
export function createTimer(runtime: Runtime, works: Readonly<Record<JobName, JobWork>>): Timer {
  const { database, log, processId } = runtime;
  const { db } = database;
  const running = new Map<JobName, Running>();
  /** Since when, by this process's stopwatch, a job's last run has been the same. */
  const standing = new Map<JobName, { run: number; since: number }>();
  let lastReading: ClockReading | undefined;
  let looking: Promise<void> | undefined;
  let stopped = false;

  async function watchClock(reading: ClockReading): Promise<void> {
    const step = lastReading ? clockStep(lastReading, reading) : 0;
    lastReading = reading;
    if (step > 0) log.warn({ event: 'database_clock_went_ahead', seconds: Math.round(step / 1000) });
    const back = await noteClockWentBack(db, step < 0);
    if (step < 0 || back > 0)
      log.warn({ event: 'database_clock_went_back', seconds: Math.round(Math.max(-step, back) / 1000) });
  }

  function isDue({ name, run, due }: JobState): boolean {
    const known = standing.get(name);
    const now = performance.now();
    if (known?.run !== run) standing.set(name, { run, since: now });
    return due || (known?.run === run && now - known.since >= everySeconds * 1000);
  }

  /** Whether a run of this process keeps the next one waiting. */
  function isBusy(name: JobName): boolean {
    const one = running.get(name);
    if (!one) return false;
    if (performance.now() - one.begunAt < stalledAfterMs) return true;
    log.error({ event: 'job_stalled', job: name, seconds: Math.round((performance.now() - one.begunAt) / 1000) });
    one.ending.abort();
    running.delete(name);
    return false;
  }

  async function work(name: JobName, run: number, begunAt: number, signal: AbortSignal): Promise<void> {
    let failedSteps: string[] = [name];
    try {
      failedSteps = await works[name](signal);
    } catch (err) {
      log.error({ event: 'job_failed', job: name, err });
    }
    try {
      await endRun(db, name, run, { tookMs: performance.now() - begunAt, failedSteps });
    } catch (err) {
      log.warn({ event: 'job_end_not_kept', job: name, err });
    }
  }

  function begin(name: JobName, run: number): void {
    const begunAt = performance.now();
    const ending = new AbortController();
    const ended = work(name, run, begunAt, ending.signal).finally(() => {
      if (running.get(name) === one) running.delete(name);
    });
    const one: Running = { begunAt, ending, ended };
    running.set(name, one);
  }

  async function lookOnce(): Promise<void> {
    try {
      const asked = performance.now();
      const { at, jobs } = await lookAtJobs(db);
      await watchClock({ at, asked, answered: performance.now() });
      for (const job of jobs) {
        if (!isDue(job) || isBusy(job.name) || stopped) continue;
        const run = await claimRun(db, job.name, job.run, processId);
        if (run === undefined) continue;
        standing.set(job.name, { run, since: performance.now() });
        begin(job.name, run);
      }
    } catch (err) {
      log.error({ event: 'jobs_error', err });
    }
  }

  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  const everyLook = setInterval(look, lookEveryMs);
  everyLook.unref();
  return {
    look,
    async stop() {
      stopped = true;
      clearInterval(everyLook);
      const patience = sleep(endPatienceMs, undefined, { ref: false });
      await Promise.race([looking, patience]);
      for (const { ending } of running.values()) ending.abort();
      await Promise.race([Promise.all([...running.values()].map(({ ended }) => ended)), patience]);
    },
  };
}
