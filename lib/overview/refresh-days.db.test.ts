import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { type Runtime, systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { eventHours } from '#lib/db/schema/counts';
import { readRefreshDays } from '#lib/overview/refresh-days';
import { startOfDay } from '#lib/wall-time';
import { alertClock, alertHub } from '#tests/alerts';
import { addPerson, asNobody } from '#tests/hub';

const { database, hub } = alertHub();
const hourMs = 3_600_000;
const zone = 'America/New_York';
let runtime: Runtime;
let clock: ReturnType<typeof alertClock>;
const read = () => readRefreshDays(systemContext(runtime, 'test'), { zone });

beforeEach(async () => {
  await database.db.delete(eventHours);
  runtime = hub();
  clock = alertClock(runtime, new Date(Date.now() - 2 * hourMs));
});

const counted = (at: Date, action: string, count: number, provider = 'acme') => ({
  hour: new Date(Math.floor(at.getTime() / hourMs) * hourMs),
  action,
  outcome: action === 'token.refreshed' ? 'ok' : 'failed',
  provider,
  count,
});

test('before anything was counted it says so', async () => {
  expect(await read()).toMatchObject({ countedTo: null, countedFrom: null, providers: [] });
});

test('each day of the reader’s zone has its refreshes, by provider, and a week and a month their sums', async () => {
  await clock.evaluate(0);
  const day = (daysEarlier: number) => startOfDay(new Date(), zone, daysEarlier);
  const last = (daysEarlier: number) => new Date(day(daysEarlier - 1).getTime() - 1);
  await database.db.insert(eventHours).values([
    counted(day(29), 'token.refreshed', 5),
    counted(new Date(day(29).getTime() - 1), 'token.refreshed', 1_000),
    counted(day(7), 'token.refresh_failed', 2),
    // The first and the last hour of one day.
    counted(day(6), 'token.refreshed', 10),
    counted(last(6), 'token.refresh_failed', 1),
    counted(day(0), 'token.refreshed', 3, 'gone'),
    counted(day(0), 'token.vended', 900),
  ]);
  const view = await read();
  expect(view.days).toHaveLength(30);
  expect(view.days[29]).toEqual(day(0));
  expect(view.all.month).toEqual({ refreshed: 18, failed: 3 });
  expect(view.all.week).toEqual({ refreshed: 13, failed: 1 });
  expect(view.providers.map(({ provider, month }) => [provider.name, month])).toEqual([
    ['Acme', { refreshed: 15, failed: 3 }],
    ['gone', { refreshed: 3, failed: 0 }],
  ]);
  const acme = view.providers[0]?.days ?? [];
  expect(acme[0]).toEqual({ refreshed: 5, failed: 0 });
  expect(acme[22]).toEqual({ refreshed: 0, failed: 2 });
  expect(acme[23]).toEqual({ refreshed: 10, failed: 1 });
  // The ledger began with this hub, and hours are kept from before these days on.
  expect(view.countedFrom).toBeNull();
  expect(view.countedTo).not.toBeNull();
});

test('of an upgraded hub it says from when on hours are kept, however long it had counted', async () => {
  await clock.evaluate(0);
  const kept = counted(new Date(Date.now() - 8 * 24 * hourMs), 'token.refreshed', 1);
  await database.db.insert(eventHours).values(kept);
  expect(await read()).toMatchObject({ countedFrom: kept.hour });
});

test('a month of many other actions is not read for it', async () => {
  await clock.evaluate(0);
  await database.db.execute(sql`insert into event_hours (hour, action, outcome, provider, count)
    select date_bin(interval '1 hour', now(), 'epoch'::timestamptz) - make_interval(hours => h), 'other.' || a, 'ok', '', 1
    from generate_series(0, 700) h, generate_series(1, 60) a`);
  await database.db.insert(eventHours).values(counted(new Date(), 'token.refreshed', 4));
  await database.db.execute(sql`analyze event_hours`);
  const sent: string[] = [];
  const watched = new Proxy(database.db, {
    get: (db, name) =>
      name === 'execute'
        ? async (statement: Parameters<typeof db.execute>[0]) => {
            sent.push(JSON.stringify(rowsOf(await db.execute(sql`explain ${statement as ReturnType<typeof sql>}`))));
            return db.execute(statement);
          }
        : Reflect.get(db, name),
  });
  const ctx = systemContext({ ...runtime, database: { ...runtime.database, db: watched } }, 'test');
  expect((await readRefreshDays(ctx, { zone })).all.month).toEqual({ refreshed: 4, failed: 0 });
  expect(sent).toHaveLength(1);
  expect(sent[0]).toContain('Index');
  expect(sent[0]).not.toContain('Seq Scan on event_hours');
});

test('is for administrators and auditors', async () => {
  const given = { zone };
  for (const role of ['administrator', 'auditor'] as const)
    await expect(readRefreshDays((await addPerson(runtime, { role })).ctx(), given)).resolves.toHaveProperty('days');
  await expect(readRefreshDays((await addPerson(runtime)).ctx(), given)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(readRefreshDays(asNobody(runtime), given)).rejects.toMatchObject({ code: 'unauthenticated' });
});
