import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { processes } from '#lib/db/schema/processes';
import { alertClock, alertHub } from '#tests/alerts';
import { addConnection, addPerson } from '#tests/hub';

const { database, hub } = alertHub();

describe('states', () => {
  test('a provider whose tokens live longer than the policy is one finding, however many tokens', async () => {
    const runtime = hub();
    const { id: personId } = await addPerson(runtime);
    await addConnection(runtime, { personId, expiresIn: 3600 });
    const clock = alertClock(runtime, new Date());
    await clock.evaluate(0);
    expect(await clock.alerts()).toEqual([]);
    for (const subject of ['a', 'b']) await addConnection(runtime, { personId, subject, expiresIn: 2 * 3600 });
    await clock.evaluate(30);
    expect(await clock.alerts()).toEqual([]);
    await clock.evaluate(61);
    expect(await clock.alerts()).toEqual(['long_lived_tokens acme open']);
    await database.db.execute(sql`delete from connections`);
  });

  test('grants that end within a week are counted for each provider', async () => {
    const runtime = hub();
    const { id: personId } = await addPerson(runtime);
    const end = (days: number) => ({
      refreshTokenExpiresAt: sql`now() + make_interval(days => ${days}::int)` as never,
    });
    await addConnection(runtime, { personId, refreshToken: 'r', subject: 'later', values: end(8) });
    const clock = alertClock(runtime, new Date());
    await clock.evaluate(0);
    expect(await clock.alerts()).toEqual([]);
    await addConnection(runtime, { personId, refreshToken: 'r', subject: 'soon', values: end(3) });
    await clock.evaluate(61);
    expect(await clock.alerts()).toEqual(['grants_dying acme open']);
    await database.db.execute(sql`delete from connections`);
  });

  test('a provider that a process finds not answering is an alert after two minutes, and over after five good ones', async () => {
    const runtime = hub();
    const report = {
      provider: 'acme',
      circuit: 'open',
      askedAgainInMs: 1000,
      restsForMs: 0,
      callsUnderWay: 0,
      callsWaiting: 0,
    } as const;
    const lastSeenAt = sql`clock_timestamp()` as never;
    await database.db.insert(processes).values({
      id: 'prc_other',
      host: 'x',
      pid: 1,
      version: 'x',
      lastSeenAt,
      providers: [{ ...report, notAnsweringForMs: 60_000 }],
    });
    const clock = alertClock(runtime, new Date());
    await clock.evaluate(0);
    expect(await clock.alerts()).toEqual([]);
    await clock.evaluate(1.5);
    expect(await clock.alerts()).toEqual(['provider_failing acme open']);
    await database.db.delete(processes);
    await clock.evaluate(3);
    expect(await clock.alerts()).toEqual(['provider_failing acme open']);
    await clock.evaluate(7);
    expect(await clock.alerts()).toEqual(['provider_failing acme resolved']);
  });
});
