import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { AppError } from '#lib/errors';
import { claimRun, endRun } from '#lib/jobs/claim-run';
import { lateJobs, listJobs } from '#lib/jobs/list-jobs';
import { sharedDatabase, withDatabase } from '#tests/database';
import { addPerson, createRuntime } from '#tests/hub';

const database = sharedDatabase();

test('a job says how its last run went, whether one is under way, when the next is, and when it is late', async () => {
  await withDatabase(async (own) => {
    const runtime = createRuntime(own, []);
    const ctx = systemContext(runtime, 'test');
    const { db } = own;
    const never = { lastEndedAt: null, lastTookMs: null, failedSteps: [], runningSince: null, nextAt: null };
    // Without their rows, as in a copy of the database that lacks them.
    await db.execute(sql`delete from jobs`);
    expect(await listJobs(ctx)).toEqual([
      { ...never, name: 'tick', late: false },
      { ...never, name: 'refresh', late: false },
    ]);

    const run = (await claimRun(db, 'tick', 0, 'prc_one')) ?? 0;
    const [running, other] = await listJobs(ctx);
    expect(running).toMatchObject({ lastEndedAt: null, runningSince: expect.any(Date), late: false });
    expect(running?.nextAt?.getTime()).toBe((running?.runningSince?.getTime() ?? 0) + 60_000);
    expect(other).toMatchObject({ name: 'refresh', runningSince: null });

    await endRun(db, 'tick', run, { tookMs: 1234.5, failedSteps: ['mail_alerts'] });
    const [ended] = await listJobs(ctx);
    expect(ended).toMatchObject({ lastEndedAt: expect.any(Date), runningSince: null, late: false });
    expect(ended).toMatchObject({ lastTookMs: 1235, failedSteps: ['mail_alerts'] });

    const { ctx: asPerson } = await addPerson(runtime);
    await expect(listJobs(asPerson())).rejects.toThrow(new AppError('forbidden'));
    await expect(listJobs(asPerson('auditor'))).resolves.toHaveLength(2);
  });
});

const minutes = (count: number) => sql`now() - make_interval(mins => ${count}::int)`;

test.each([
  ['it ended a minute ago', { run: 3, ended: 3, started: 1, endedAt: 1 }, false],
  ['it ended six minutes ago', { run: 3, ended: 3, started: 6, endedAt: 6 }, true],
  ['a long run is under way', { run: 4, ended: 3, started: 20, endedAt: 21 }, false],
  ['a run is under way for too long', { run: 4, ended: 3, started: 40, endedAt: 41 }, true],
  ['runs begin and none of them ends', { run: 20, ended: 3, started: 1, endedAt: 21 }, true],
  ['F-11 it ended later than now', { run: 3, ended: 3, started: -120, endedAt: -120 }, true],
])('%s: late is %s', async (_, { run, ended, started, endedAt }, late) => {
  const { db } = database;
  await db.execute(sql`update jobs set run = ${run}, ended_run = ${ended}, started_at = ${minutes(started)},
    ended_at = ${minutes(endedAt)} where name = 'tick'`);
  expect(await lateJobs(db)).toEqual(late ? ['tick'] : expect.not.arrayContaining(['tick']));
});
