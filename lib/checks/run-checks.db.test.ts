import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { listAlerts } from '#lib/alerts/list';
import { purgeChecks } from '#lib/checks/purge';
import { lastRun, listLastResults } from '#lib/checks/results';
import { beginDueChecks, runChecks, startChecks } from '#lib/checks/run-checks';
import { systemContext } from '#lib/context';
import { checkResults, checkRuns } from '#lib/db/schema/checks';
import { connections } from '#lib/db/schema/connections';
import { reviews } from '#lib/db/schema/reviews';
import { newId } from '#lib/ids';
import { alertClock } from '#tests/alerts';
import { patched, recordFor } from '#tests/checked-provider';
import { sharedDatabase } from '#tests/database';
import { addPerson, createRuntime, entries, settle } from '#tests/hub';
import { quirkyServer } from '#tests/servers/quirky-server';
import { behaveWell } from '#tests/servers/well-behaved';

const database = sharedDatabase();

describe('runs', () => {
  const hub = async () => {
    const server = await quirkyServer();
    behaveWell(server);
    return createRuntime(database.current, [recordFor(server.url)]);
  };

  test('each result is kept with the moment since when it has been so, and the ledger has the run', async () => {
    const runtime = await hub();
    for (const table of [checkResults, checkRuns, connections]) await database.db.delete(table);
    const ctx = systemContext(runtime, 'test');
    await runChecks(ctx, {});
    const [first] = await listLastResults(ctx);
    await runChecks(ctx, {});
    const [again] = await listLastResults(ctx);
    expect(again).toMatchObject({
      check: 'pkce',
      provider: { id: 'acme', name: 'Acme' },
      result: 'passes',
      since: first?.since,
    });
    expect(again?.at.getTime()).toBeGreaterThan(first?.at.getTime() ?? Number.NaN);
    const broken = patched(runtime, { dangerously_without_pkce: true });
    await runChecks(systemContext(broken, 'test'), {});
    const [changed] = await listLastResults(ctx);
    expect(changed).toMatchObject({ result: 'fails', since: changed?.at });
    expect((await entries(runtime)).filter(({ action }) => action === 'checks.run').at(-1)).toMatchObject({
      outcome: 'failed',
      details: { fails: 1, failed: ['pkce/acme'] },
    });
    expect(await lastRun(ctx)).toMatchObject({ state: 'ended', provider: null });
  });

  test('a second press joins the run that is under way, and one provider may be checked alone', async () => {
    const runtime = await hub();
    const ctx = systemContext(runtime, 'test');
    await database.db.delete(checkRuns);
    await Promise.all([startChecks(ctx, {}), startChecks(ctx, {})]);
    await settle(runtime);
    expect(await database.db.select().from(checkRuns)).toHaveLength(1);
    const lines = await runChecks(ctx, { provider: 'acme' });
    expect(new Set(lines.map(({ provider }) => provider))).toEqual(new Set(['acme']));
    await expect(runChecks(ctx, { provider: 'nothing' })).rejects.toMatchObject({ code: 'unknown_provider' });
  });

  test('one process begins the run of a day, and a clock that was ahead does not hold it', async () => {
    const runtime = await hub();
    const ctx = systemContext(runtime, 'jobs');
    const day = async (runningMs?: number) => {
      await beginDueChecks(ctx, runningMs === undefined ? {} : { runningMs });
      await settle(runtime);
      return (await database.db.select().from(checkRuns)).length;
    };
    const started = (at: string) =>
      database.db.execute(sql`update check_runs set started_at = clock_timestamp() + ${at}::interval`);
    await database.db.delete(checkRuns);
    expect(await day(60_000)).toBe(0);
    await Promise.all([1, 2].map(() => beginDueChecks(ctx, { runningMs: 3_600_000 })));
    expect(await day(3_600_000)).toBe(1);
    await started('-24 hours');
    expect(await day(3_600_000)).toBe(2);
    await started('2 hours');
    expect(await day(3_600_000)).toBe(3);
    // A review was opened since, so the checks run before its findings are computed; once, however old it grows.
    const [hourAgo, tomorrow] = [-3_600_000, 86_400_000].map((ms) => new Date(Date.now() + ms)) as [Date, Date];
    const periodStart = new Date(0);
    const opened = {
      task: 'redirect_uris',
      period: 'monthly',
      periodStart,
      dueAt: tomorrow,
      createdAt: hourAgo,
    } as const;
    await database.db.insert(reviews).values({ id: newId('rev'), ...opened });
    await started('-2 hours');
    expect(await day(3_600_000)).toBe(4);
    expect(await day(3_600_000)).toBe(4);
    await database.db.delete(reviews);
    // Of a process that is gone.
    await database.db.delete(checkRuns);
    await database.db.insert(checkRuns).values({ id: 'run_lost', startedAt: new Date(Date.now() - 3_600_000) });
    expect(await day(3_600_000)).toBe(2);
  });

  test('a check that begins to fail is an alert, which goes on while it cannot look, and ends when it passes', async () => {
    const runtime = await hub();
    const ctx = systemContext(runtime, 'test');
    await database.db.delete(checkResults);
    const broken = systemContext(patched(runtime, { dangerously_without_pkce: true }), 'test');
    const clock = alertClock(runtime, new Date());
    await runChecks(ctx, {});
    await clock.evaluate(0);
    expect(await clock.alerts()).toEqual([]);
    await runChecks(broken, {});
    await clock.evaluate(1);
    expect(await clock.alerts()).toEqual(['critical_check_fails pkce/acme open']);
    const [alert] = (await listAlerts(ctx)).items;
    expect(alert?.subject).toEqual({ kind: 'check', id: 'pkce/acme', name: 'Acme: PKCE in the authorization request' });
    await database.db.execute(sql`insert into check_results (run, check_id, provider, result, looked_at, found, at, since)
      values ('run_z', 'pkce', 'acme', 'unknown', 'x', 'x', clock_timestamp(), clock_timestamp())`);
    await clock.evaluate(5);
    expect(await clock.alerts()).toEqual(['critical_check_fails pkce/acme open']);
    await runChecks(ctx, {});
    await clock.evaluate(10);
    expect(await clock.alerts()).toEqual(['critical_check_fails pkce/acme resolved']);
  });

  test('results older than 400 days go, and of one check no more than 600 stay', async () => {
    const runtime = await hub();
    await database.db.execute(sql`insert into check_results (run, check_id, provider, result, looked_at, found, at, since)
      select 'run_x', 'pkce', 'acme', 'passes', 'x', 'x', at, at
      from generate_series(now() - interval '700 days' + interval '1 hour', now(), interval '1 day') at`);
    const count = async () => (await database.db.select({ id: checkResults.id }).from(checkResults)).length;
    await database.db.execute(sql`delete from check_results where run <> 'run_x'`);
    await purgeChecks(runtime);

    expect(await count()).toBe(400);
    await database.db.execute(sql`insert into check_results (run, check_id, provider, result, looked_at, found, at, since)
      select 'run_y', 'pkce', 'acme', 'passes', 'x', 'x', now(), now() from generate_series(1, 300)`);
    await purgeChecks(runtime);
    expect(await count()).toBe(600);
  });

  test('administrators begin it, auditors look, and other people do neither', async () => {
    const runtime = await hub();
    const [auditor, user] = [await addPerson(runtime, { role: 'auditor' }), await addPerson(runtime)];
    await expect(startChecks(auditor.ctx(), {})).rejects.toMatchObject({ code: 'forbidden' });
    expect(Array.isArray(await listLastResults(auditor.ctx()))).toBe(true);
    await expect(listLastResults(user.ctx())).rejects.toMatchObject({ code: 'forbidden' });
    await expect(lastRun(user.ctx())).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('a check that throws leaves the others their results', async () => {
    const runtime = await hub();
    const identity = Object.defineProperty({ ...runtime.providers.get('acme')?.identity }, 'endpoint', {
      get: () => {
        throw new Error('broken');
      },
    });
    const lines = await runChecks(systemContext(patched(runtime, { identity }), 'test'), {});
    const ofAcme = lines.filter(({ provider }) => provider === 'acme');
    expect(ofAcme.length).toBeGreaterThan(3);
    for (const line of ofAcme)
      expect(line).toMatchObject({ result: 'unknown', found: expect.stringMatching(/came to no end/) });
    expect(lines.find(({ check }) => check === 'state')).toMatchObject({ result: 'passes' });
    expect(await lastRun(systemContext(runtime, 'test'))).toMatchObject({ state: 'ended' });
  });
});
