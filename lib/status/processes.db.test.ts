import { eq, sql } from 'drizzle-orm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemContext } from '#lib/context';
import { processes } from '#lib/db/schema/processes';
import { AppError } from '#lib/errors';
import { readDatabaseStatus } from '#lib/status/database-status';
import { sayAlive, startHeartbeat } from '#lib/status/heartbeat';
import { listGoneProcesses, listProcesses, purgeProcesses, readProviderReports } from '#lib/status/list-processes';
import { listProviderHealth, listSickProviders } from '#lib/status/provider-health';
import { vendToken } from '#lib/tokens/vend-token';
import { describeWithConnections, withDatabase } from '#tests/database';
import { addPerson, asNobody, createRuntime } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const end of ends.splice(0)) await end();
  await hub.database.db.delete(processes);
});

/** A process that says it runs, until the test is over. */
function start(runtime: Parameters<typeof startHeartbeat>[0]): void {
  ends.push(startHeartbeat(runtime));
}

const listed = async () => (await listProcesses(systemContext(hub.runtime, 'test'))).items.map(({ id }) => id);
const sickSeenBy = (other: Parameters<typeof systemContext>[0]) => listSickProviders(systemContext(other, 'test'));

async function stopAnswering(): Promise<void> {
  hub.server.behaviour.instead = json(503, {});
  for (let n = 0; n < 5; n++)
    await expect(vendToken(hub.ctx, { id: await hub.expired() })).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
}

async function silentFor(id: string, interval: string): Promise<void> {
  const lastSeenAt = sql`now() - ${interval}::interval`;
  await hub.database.db.update(processes).set({ lastSeenAt }).where(eq(processes.id, id));
}

test('a process is listed while it runs and no longer', async () => {
  const other = hub.otherProcess();
  start(hub.runtime);
  const end = startHeartbeat(other);
  await expect.poll(listed).toHaveLength(2);
  const { items: all } = await listProcesses(systemContext(hub.runtime, 'test'));
  expect(all.find(({ current }) => current)).toMatchObject({
    id: hub.runtime.processId,
    pid: process.pid,
    alive: true,
  });
  await end();
  expect(await listed()).toEqual([hub.runtime.processId]);
});

test('only those who may see everything see it', async () => {
  const { ctx } = await addPerson(hub.runtime);
  for (const verb of [listProcesses, listGoneProcesses, readProviderReports, listProviderHealth, readDatabaseStatus]) {
    await expect(verb(ctx())).rejects.toThrow(new AppError('forbidden'));
    await expect(verb(asNobody(hub.runtime))).rejects.toThrow(new AppError('unauthenticated'));
    await expect(verb(ctx('auditor'))).resolves.toBeDefined();
  }
});

describe('a circuit that opens in one process', () => {
  test('shows in the other at once, and no longer when it closed again', async () => {
    const other = hub.otherProcess();
    start(hub.runtime);
    start(other);
    await expect.poll(listed).toHaveLength(2);
    await stopAnswering();
    await expect.poll(() => sickSeenBy(other)).toMatchObject([{ provider: { id: 'acme' }, circuit: 'open' }]);
    const [sick] = await sickSeenBy(other);
    expect(sick).toMatchObject({ pausedIn: 1, processes: 2 });
    expect(sick?.askedAgainAt.getTime()).toBeGreaterThan(sick?.since.getTime() ?? 0);

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6000 });
    hub.server.behaviour.instead = null;
    await vendToken(hub.ctx, { id: await hub.expired() });
    vi.useRealTimers();
    await expect.poll(() => sickSeenBy(other)).toEqual([]);
  });

  test('counts for nothing when its process is gone, which is forgotten after an hour', async () => {
    const other = hub.otherProcess();
    await stopAnswering();
    await sayAlive(hub.runtime);
    expect(await sickSeenBy(other)).toHaveLength(1);
    await silentFor(hub.runtime.processId, '51 seconds');
    expect(await sickSeenBy(other)).toEqual([]);
    const gone = () => listGoneProcesses(systemContext(other, 'test'));
    expect(await listed()).toEqual([]);
    expect(await gone()).toMatchObject({ items: [{ alive: false }], counted: { count: 1, capped: false } });
    await purgeProcesses(systemContext(other, 'test'));
    expect((await gone()).items).toHaveLength(1);
    await silentFor(hub.runtime.processId, '61 minutes');
    await purgeProcesses(systemContext(other, 'test'));
    expect((await gone()).items).toEqual([]);
  });

  test('is told in the log when it opens and when it closes', async () => {
    await stopAnswering();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6000 });
    hub.server.behaviour.instead = null;
    await vendToken(hub.ctx, { id: await hub.expired() });
    const told = hub.runtime.logged.filter(({ provider }) => provider === 'acme');
    expect(told).toMatchObject([
      { event: 'provider_not_answering', level: 'warn' },
      { event: 'provider_answers_again', level: 'info' },
    ]);
  });
});

// The embedded database has its process’s own clock.
describeWithConnections('a process whose clock is off', () => {
  test('says by the database’s clock when a provider stopped answering', async () => {
    const other = hub.otherProcess();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 300_000 });
    await stopAnswering();
    await sayAlive(hub.runtime);
    vi.useRealTimers();
    const [sick] = await sickSeenBy(other);
    expect(Math.abs((sick?.since.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  });
});

test('a beat that cannot be written is logged, and the next one makes it good', async () => {
  await withDatabase(async (database) => {
    const runtime = createRuntime(database, []);
    await database.db.execute(sql`alter table processes rename to elsewhere`);
    const end = startHeartbeat(runtime);
    await expect.poll(() => runtime.logged.map(({ event }) => event)).toContain('heartbeat_not_written');
    await database.db.execute(sql`alter table elsewhere rename to processes`);
    await sayAlive(runtime);
    expect((await listProcesses(systemContext(runtime, 'test'))).items).toHaveLength(1);
    await end();
  });
});

test('the database says its version and whether its schema is this build’s', async () => {
  await withDatabase(async (database) => {
    const ctx = systemContext(createRuntime(database, []), 'test');
    const status = await readDatabaseStatus(ctx);
    expect(status).toMatchObject({ engine: database.engine, migrations: { state: 'current' } });
    expect(status.version).toMatch(/^\d+\.\d+/);
    await database.db.execute(sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 0)`);
    expect((await readDatabaseStatus(ctx)).migrations).toEqual({
      applied: status.migrations.known + 1,
      known: status.migrations.known,
      state: 'newer',
    });
  });
});
