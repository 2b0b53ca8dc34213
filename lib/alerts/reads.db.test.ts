import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { purgeAlerts } from '#lib/alerts/purge';
import { systemContext } from '#lib/context';
import { alerts, keyNetworks } from '#lib/db/schema/alerts';
import { apiKeys } from '#lib/db/schema/api-keys';
import { alertClock, alertHub, readBy } from '#tests/alerts';

const { database, hub } = alertHub();

describe('reads', () => {
  test('a key’s first networks are learnt, the next one is an alert, and one that is known is none', async () => {
    const clock = alertClock(hub());
    await clock.evaluate(0);
    await clock.happened(1, readBy('key_1', '198.51.100.7'));
    await clock.happened(1, readBy('key_1', '2001:db8:1:2::7'));
    await clock.evaluate(2);
    await clock.happened(3, readBy('key_1', '198.51.100.200'));
    await clock.happened(3, readBy('key_1', '2001:db8:1:ffff::9'));
    await clock.happened(3, readBy('key_2', '203.0.113.9'));
    await clock.evaluate(4);
    expect(await clock.alerts()).toEqual([]);
    await clock.happened(5, readBy('key_1', '203.0.113.9'));
    await clock.evaluate(6);
    expect(await clock.alerts()).toEqual(['new_network key_1 open']);
    const [alert] = await database.db.select().from(alerts);
    expect(alert?.evidence).toMatchObject([{ ip: '203.0.113.9', network: '203.0.113.0/24' }]);
    const known = await database.db
      .select({ network: keyNetworks.network })
      .from(keyNetworks)
      .orderBy(keyNetworks.network);
    expect(known.map(({ network }) => network)).toEqual([
      '198.51.100.0/24',
      '2001:db8:1::/48',
      '203.0.113.0/24',
      '203.0.113.0/24',
    ]);
  });

  test('a key with expected addresses is held against those, not against the networks it was seen in', async () => {
    const clock = alertClock(hub());
    await database.db.insert(apiKeys).values({
      id: 'key_ranged',
      name: 'x',
      prefix: 'x',
      keyHash: 'x',
      scopes: ['tokens:vend'],
      ipRanges: ['198.51.0.0/16'],
      createdBy: 'x',
    });
    await clock.evaluate(0);
    await clock.happened(1, readBy('key_ranged', '198.51.100.7'));
    await clock.evaluate(2);
    await clock.happened(3, readBy('key_ranged', '198.51.7.7'));
    await clock.evaluate(4);
    expect(await clock.alerts()).toEqual([]);
  });

  test('a key that lay unused for long still knows where it was used last', async () => {
    const runtime = hub();
    const clock = alertClock(runtime);
    await clock.evaluate(0);
    await clock.happened(1, readBy('key_1', '192.0.2.7'));
    await clock.evaluate(2);
    await clock.happened(3, readBy('key_1', '198.51.100.7'));
    await clock.evaluate(4);
    await database.db.delete(alerts);
    const aged = { lastSeenAt: sql`last_seen_at - interval '2 years'` };
    await database.db.update(keyNetworks).set(aged);
    await purgeAlerts(systemContext(runtime, 'jobs'));
    const kept = await database.db.select({ network: keyNetworks.network }).from(keyNetworks);
    expect(kept).toEqual([{ network: '198.51.100.0/24' }]);
    await clock.happened(5, readBy('key_1', '203.0.113.9'));
    await clock.evaluate(6);
    expect(await clock.alerts()).toEqual(['new_network key_1 open']);
  });

  test('a burst is several times the busiest five minutes of the key’s own day', async () => {
    const clock = alertClock(hub());
    await clock.evaluate(0);
    for (const minute of [1, 11, 21, 31, 41, 51]) {
      await clock.happened(minute, readBy('key_busy', '198.51.100.7'), 100);
      await clock.happened(minute, readBy('key_calm', '198.51.100.7'), 2);
      await clock.evaluate(minute + 1);
    }
    for (const minute of [60, 70, 80]) await clock.evaluate(minute);
    await clock.happened(82, readBy('key_busy', '198.51.100.7'), 299);
    await clock.happened(82, readBy('key_calm', '198.51.100.7'), 99);
    await clock.evaluate(83);
    expect(await clock.alerts()).toEqual([]);
    await clock.happened(83.5, readBy('key_busy', '198.51.100.7'));
    await clock.happened(83.5, readBy('key_calm', '198.51.100.7'));
    await clock.evaluate(84);
    expect((await clock.alerts()).toSorted()).toEqual(['read_burst key_busy open', 'read_burst key_calm open']);
    await clock.evaluate(84.3);
    const told = await database.db.select().from(alerts).orderBy(alerts.subject);
    expect(told).toMatchObject([{ count: 300 }, { count: 100 }]);
    expect(told.map(({ evidence }) => evidence.length)).toEqual([1, 1]);
    await database.db.update(alerts).set({ state: 'resolved', resolvedAt: clock.at(84.5), resolvedBy: 'per_a' });
    await clock.evaluate(86);
    expect((await clock.alerts()).filter((line) => line.endsWith('open'))).toEqual([]);
  });

  test('a key without a history has no baseline, so its first load is no burst', async () => {
    const clock = alertClock(hub());
    await clock.evaluate(0);
    await clock.happened(1, readBy('key_new', '198.51.100.7'), 500);
    await clock.evaluate(2);
    expect(await clock.alerts()).toEqual([]);
  });
});
