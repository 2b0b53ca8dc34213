import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { watchInstance } from '#lib/freezes/restore-guard';
import { newId } from '#lib/ids';
import { listJobs } from '#lib/jobs/list-jobs';
import { createTimer, type JobWork, type Timer } from '#lib/jobs/timer';
import { sharedDatabase } from '#tests/database';
import { createRuntime } from '#tests/hub';

const database = sharedDatabase();
const timers: Timer[] = [];

beforeEach(() =>
  database.db.execute(
    sql`update jobs set run = 0, started_at = null, ended_run = 0, ended_at = null, failed_steps = '{}'`,
  ),
);
afterEach(async () => {
  vi.restoreAllMocks();
  for (const timer of timers.splice(0)) await timer.stop();
});

/** A process with a timer that counts its ticks, and that looks when it is told to. */
function aProcess(tick: JobWork = async () => []) {
  const runtime = createRuntime(database.current, [], { processId: newId('prc') });
  const work = vi.fn<JobWork>(tick);
  const timer = createTimer(runtime, { tick: work, refresh: async () => [] });
  timers.push(timer);
  return { runtime, work, look: timer.look, stop: timer.stop };
}

const readTick = async () => (await listJobs(systemContext(createRuntime(database.current, []), 'test')))[0];
const pass = (seconds: number) =>
  database.db.execute(sql`update jobs set started_at = started_at - make_interval(secs => ${seconds}::float8)`);

test('of many processes one has a minute’s run, and how it went is kept', async () => {
  const all = [
    aProcess(async () => ['seal_ledger']),
    aProcess(async () => ['seal_ledger']),
    aProcess(async () => ['seal_ledger']),
  ];
  for (let minute = 1; minute <= 3; minute++) {
    await Promise.all(all.map(({ look }) => look()));
    await Promise.all(all.map(({ look }) => look()));
    expect(all.reduce((sum, { work }) => sum + work.mock.calls.length, 0)).toBe(minute);
    await expect.poll(async () => (await readTick())?.runningSince).toBeNull();
    expect(await readTick()).toMatchObject({ failedSteps: ['seal_ledger'], lastTookMs: expect.any(Number) });
    await pass(60);
  }
});

test('a process that dies in a run keeps no other from the next', async () => {
  const dead = aProcess(() => new Promise(() => {}));
  const other = aProcess();
  await dead.look();
  expect(dead.work).toHaveBeenCalledOnce();
  await other.look();
  expect(other.work).not.toHaveBeenCalled();
  await pass(60);
  // The one that is at it leaves the next one to others.
  await dead.look();
  await other.look();
  expect(dead.work).toHaveBeenCalledOnce();
  expect(other.work).toHaveBeenCalledOnce();
});

test('a run that stalls is told to end, and the process that has it goes on alone', async () => {
  let told: AbortSignal | undefined;
  const alone = aProcess((signal) => {
    told ??= signal;
    return new Promise(() => {});
  });
  await alone.look();
  const begun = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => begun + 11 * 60_000);
  await alone.look();
  expect(told?.aborted).toBe(true);
  expect(alone.work).toHaveBeenCalledTimes(2);
  expect(alone.runtime.logged).toContainEqual(expect.objectContaining({ event: 'job_stalled', job: 'tick' }));
});

test('a run that throws is logged, and so is a look at a database that fails', async () => {
  const hub = aProcess(() => Promise.reject(new Error('gone')));
  await hub.look();
  await expect.poll(async () => (await readTick())?.failedSteps).toEqual(['tick']);
  await database.db.execute(sql`alter table jobs rename to elsewhere`);
  await hub.look();
  await database.db.execute(sql`alter table elsewhere rename to jobs`);
  expect(hub.runtime.logged.filter(({ level }) => level === 'error').map(({ event }) => event)).toEqual([
    'job_failed',
    'jobs_error',
  ]);
  await pass(60);
  await hub.look();
  expect(hub.work).toHaveBeenCalledTimes(2);
});

describe('F-11 the clock was ahead and came back', () => {
  test.each(['2 hours', '2 days'])('by %s: the next run begins at the next look of any process', async (ahead) => {
    const before = aProcess();
    await before.look();
    await database.db.execute(
      sql`update jobs set started_at = started_at + ${ahead}::interval, ended_at = ended_at + ${ahead}::interval`,
    );
    const restarted = aProcess();
    await restarted.look();
    expect(restarted.work).toHaveBeenCalledOnce();
    await restarted.look();
    expect(restarted.work).toHaveBeenCalledOnce();
  });

  test.each(['2 hours', '2 days'])(
    'by %s: the mark begins anew, once, it is logged, and no freeze is set',
    async (ahead) => {
      const hub = aProcess();
      const watched = await watchInstance(hub.runtime);
      const mark = watched.witness.mark;
      await database.db.execute(sql`update instance set mark = mark + ${ahead}::interval, clock_went_back_at = null,
      clock_went_back_ms = 0, written_by = pg_current_xact_id()::text::bigint`);
      const seen = await watchInstance(hub.runtime, watched);
      expect(seen.witness.mark).toBeGreaterThan(mark + 3_600_000);
      const other = aProcess();
      await Promise.all([hub.look(), other.look()]);
      await hub.look();
      const [row] = rowsOf<{ ms: number; behind: boolean }>(
        await database.db.execute(
          sql`select clock_went_back_ms as ms, mark <= clock_timestamp() as behind from instance`,
        ),
      );
      expect(row?.behind).toBe(true);
      expect(Math.round((row?.ms ?? 0) / 3_600_000)).toBe(ahead === '2 hours' ? 2 : 48);
      await watchInstance(hub.runtime, seen);
      // Whichever of them looks first sets it right and says so.
      const events = [...hub.runtime.logged, ...other.runtime.logged].map(({ event }) => event);
      expect(events.filter((event) => event === 'database_clock_went_back')).toHaveLength(1);
      expect(events).not.toContain('restored_database');
    },
  );

  test('a clock that stands still: a run begins when this process has waited for a minute', async () => {
    const hub = aProcess();
    await hub.look();
    await expect.poll(async () => (await readTick())?.runningSince).toBeNull();
    const begun = performance.now();
    const stopwatch = vi.spyOn(performance, 'now');
    stopwatch.mockImplementation(() => begun + 50_000);
    await hub.look();
    expect(hub.work).toHaveBeenCalledOnce();
    stopwatch.mockImplementation(() => begun + 61_000);
    await hub.look();
    expect(hub.work).toHaveBeenCalledTimes(2);
  });
});
