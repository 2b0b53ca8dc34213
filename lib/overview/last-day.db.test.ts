import { beforeEach, expect, test } from 'vitest';
import { purgeAlerts } from '#lib/alerts/purge';
import { ledgerFilterNames, readLedgerFilter } from '#lib/audit/ledger-filter';
import { listLedger } from '#lib/audit/list-ledger';
import { type Runtime, systemContext } from '#lib/context';
import { eventHours } from '#lib/db/schema/counts';
import { ledger } from '#lib/db/schema/ledger';
import { readLastDay } from '#lib/overview/last-day';
import { alertClock, alertHub } from '#tests/alerts';
import { addPerson, asNobody } from '#tests/hub';

const { database, hub } = alertHub();
let runtime: Runtime;
let clock: ReturnType<typeof alertClock>;
const read = () => readLastDay(systemContext(runtime, 'test'));
const hour = 60 * 60_000;

beforeEach(async () => {
  await database.db.delete(eventHours);
  runtime = hub();
  // Minute 0 is two hours ago, so that all told events lie in the past.
  clock = alertClock(runtime, new Date(Date.now() - 2 * hour));
});

test('before anything was counted it says so', async () => {
  expect(await read()).toMatchObject({ countedTo: null, countedFrom: null, unwell: [] });
});

test('each hour has what happened in it, counted once however often was looked', async () => {
  await clock.happened(-3, { action: 'token.vended', provider: 'acme' }, 2);
  await clock.evaluate(0);
  await clock.happened(10, { action: 'token.vended', provider: 'acme' }, 3);
  await clock.happened(70, { action: 'token.vended', provider: 'beta' });
  await clock.happened(70, { action: 'token.refreshed', provider: 'beta' }, 4);
  for (const minute of [30, 60, 90, 90]) await clock.evaluate(minute);
  // Not settled by then, and so in no figure yet.
  await clock.happened(95, { action: 'token.vended' }, 50);
  const day = await read();
  expect(day.hours).toHaveLength(24);
  expect(day.countedFrom).toBeNull();
  expect(day.countedTo).toEqual(new Date(clock.at(90).getTime() - 5_000));
  const expected = day.hours.map((at) => {
    const within = (minute: number) => Math.floor(clock.at(minute).getTime() / hour) * hour === at.getTime();
    return (within(-3) ? 2 : 0) + (within(10) ? 3 : 0) + (within(70) ? 1 : 0);
  });
  expect(day.counts.vended).toEqual(expected);
  expect(day.counts.refreshed.reduce((sum, one) => sum + one, 0)).toBe(4);
});

test('what was refused or failed is told by kind, folded entries for as many as they stand for', async () => {
  await clock.evaluate(0);
  await clock.happened(1, { action: 'request.refused', outcome: 'refused', code: 'state_unknown', count: 30 }, 2);
  await clock.happened(1, { action: 'token.denied', outcome: 'refused', code: 'frozen' }, 3);
  await clock.happened(1, { action: 'token.denied', outcome: 'failed', code: 'internal' });
  await clock.happened(1, { action: 'revocation.failed', outcome: 'failed' }, 2);
  await clock.happened(1, { action: 'token.vended' }, 9);
  await clock.evaluate(3);
  const { unwell, counts } = await read();
  expect(counts.denied.reduce((sum, one) => sum + one, 0)).toBe(3);
  expect(unwell).toEqual([
    { action: 'request.refused', sentence: 'Request refused', outcome: 'refused', count: 60 },
    { action: 'token.denied', sentence: 'Token refused', outcome: 'refused', count: 3 },
    { action: 'revocation.failed', sentence: 'Not yet revoked at the provider', outcome: 'failed', count: 2 },
    { action: 'token.denied', sentence: 'Token refused', outcome: 'failed', count: 1 },
  ]);
});

test('of an older ledger it says from when on it was counted', async () => {
  await clock.happened(-90, { action: 'token.vended' });
  await clock.happened(-30, { action: 'token.vended' });
  await clock.evaluate(0);
  const day = await read();
  expect(day.countedFrom).toEqual(new Date(clock.at(-60).getTime() - 5_000));
  expect(day.counts.vended.reduce((sum, one) => sum + one, 0)).toBe(1);
});

test('the hours of a hub that counted nothing by the hour before begin where its alerts had read to', async () => {
  await clock.evaluate(0);
  await database.db.execute('update alert_progress set hours_from = null');
  await clock.happened(10, { action: 'token.vended' });
  expect(await read()).toMatchObject({ countedTo: null });
  await clock.evaluate(20);
  expect(await read()).toMatchObject({ countedFrom: new Date(clock.at(0).getTime() - 5_000) });
});

test('what is older than the days that are shown goes', async () => {
  const old = {
    hour: new Date(Date.now() - 33 * 24 * hour),
    action: 'token.vended',
    outcome: 'ok',
    provider: '',
    count: 1,
  };
  await database.db.insert(eventHours).values([old, { ...old, hour: new Date(Date.now() - 31 * 24 * hour) }]);
  await purgeAlerts(systemContext(runtime, 'jobs'));
  expect(await database.db.select().from(eventHours)).toHaveLength(1);
});

test('the ledger leaves exactly what a figure counted, by the moments that its address writes', async () => {
  const to = new Date(clock.at(5).getTime());
  const row = { action: 'token.denied', outcome: 'refused', actorType: 'system' } as const;
  // The last counted moment, and the first that was not.
  await database.db.insert(ledger).values([
    { ...row, at: to },
    { ...row, at: new Date(to.getTime() + 1) },
  ]);
  const address = {
    action: 'token.denied',
    outcome: 'refused',
    to: new Date(to.getTime() + 1).toISOString().slice(0, -1),
  };
  const fields = Object.fromEntries(ledgerFilterNames.map((name) => [name, (address as Record<string, string>)[name]]));
  const { items } = await listLedger(systemContext(runtime, 'test'), readLedgerFilter(fields));
  expect(items.map(({ at }) => at)).toEqual([to]);
});

test('is for administrators and auditors', async () => {
  for (const role of ['administrator', 'auditor'] as const)
    await expect(readLastDay((await addPerson(runtime, { role })).ctx())).resolves.toHaveProperty('hours');
  await expect(readLastDay((await addPerson(runtime)).ctx())).rejects.toMatchObject({ code: 'forbidden' });
  await expect(readLastDay(asNobody(runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
});
