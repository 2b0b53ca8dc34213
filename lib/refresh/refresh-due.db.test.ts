import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { Runtime } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { dueRows, reasonsFor } from '#lib/refresh/claim-due';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { vendToken } from '#lib/tokens/vend-token';
import { ago, ahead, dueHub, type Moments } from '#tests/due-hub';
import { addPerson, createRuntime, freeze, plainRecord, rowOf, useOf } from '#tests/hub';

const { hub, given, jobs, generation } = dueHub();

/** Another process, with a provider that drops unused grants after so many days. */
const withIdleDays = (days: number, environment: Partial<Runtime['config']> = {}) => {
  const runtime = hub.otherProcess({ idle_keepalive_days: days });
  return { ...runtime, config: { ...runtime.config, ...environment } };
};

describe('ahead of its end', () => {
  const rows: [string, Moments, 'refreshed' | 'left alone'][] = [
    ['used and about to end', {}, 'refreshed'],
    ['used, with six minutes left', { ends: ahead('6 minutes') }, 'left alone'],
    [
      'used, with less than a fifth of ten minutes left',
      { issued: ago('9 minutes'), ends: ahead('1 minute') },
      'refreshed',
    ],
    [
      'used, with more than a fifth of ten minutes left',
      { issued: ago('7 minutes'), ends: ahead('3 minutes') },
      'left alone',
    ],
    ['of less than five minutes', { issued: ago('3 minutes'), ends: ahead('10 seconds') }, 'left alone'],
    ['used three lives ago', { used: ago('2 hours 59 minutes') }, 'refreshed'],
    ['used longer ago', { used: ago('3 hours 1 minute') }, 'left alone'],
    ['never used', { used: null }, 'left alone'],
    ['of a long life, used within the day', { issued: ago('30 days'), used: ago('23 hours') }, 'refreshed'],
    ['of a long life, used before that', { issued: ago('30 days'), used: ago('25 hours') }, 'left alone'],
    ['ended while it was in use', { ends: ago('20 minutes'), issued: ago('80 minutes') }, 'refreshed'],
    ['backing off', { next: ahead('1 minute') }, 'left alone'],
    ['done backing off', { next: ago('1 second') }, 'refreshed'],
  ];

  test.each(rows)('a token %s is %s', async (_, moments, expected) => {
    const id = await given(moments);
    const before = await useOf(hub.runtime, id);
    await refreshDueConnections(jobs());
    expect(hub.server.requests).toBe(expected === 'refreshed' ? 1 : 0);
    const after = await rowOf(hub.runtime, id);
    expect(after.generation).toBe(expected === 'refreshed' ? 2 : 1);
    // Refreshing is no use, and leaves nothing planned.
    expect(await useOf(hub.runtime, id)).toEqual(before);
    if (expected === 'refreshed') {
      expect(after).toMatchObject({
        lastRefreshedAt: expect.any(Date),
        nextRefreshAttemptAt: null,
        refreshFailures: 0,
      });
    }
  });

  test('using a connection is no refresh', async () => {
    const id = await given({ ends: ahead('30 minutes') });
    await vendToken(hub.ctx, { id });
    expect((await rowOf(hub.runtime, id)).lastRefreshedAt).toBeNull();
  });

  test.each(['connection', 'person', 'provider', 'everything'] as const)(
    'nothing under a freeze over its %s',
    async (scope) => {
      const id = await given();
      const target = { connection: id, person: hub.personId, provider: 'acme', everything: '' }[scope];
      await freeze(hub.runtime, scope, target);
      try {
        await refreshDueConnections(jobs());
      } finally {
        await hub.database.db.execute(sql`update freezes set lifted_at = now()`);
      }
      expect(hub.server.requests).toBe(0);
    },
  );

  test('nothing that is revoked, needs its person, cannot be refreshed, is leased or has no provider', async () => {
    const { db } = hub.database;
    const ids = await Promise.all([given(), given(), given(), given(), given({ provider: 'gone' })]);
    const changes = [
      { status: 'revoked' as const },
      { status: 'needs_reconnect' as const },
      { refreshToken: null },
      { leaseOwner: 'other', leaseExpiresAt: ahead('20 seconds') },
    ];
    for (const [at, values] of changes.entries()) {
      await db
        .update(connections)
        .set(values)
        .where(eq(connections.id, ids[at] ?? ''));
    }
    expect(await refreshDueConnections(jobs())).toEqual({ refreshed: 0, failed: 0 });
    expect(hub.server.requests).toBe(0);
  });
});

describe('kept from dying of disuse', () => {
  const old = { issued: ago('40 days'), ends: ago('30 days') };
  const rows: [string, Moments, 'refreshed' | 'left alone'][] = [
    ['half of the time after its refresh', { refreshed: ago('13 days'), used: ago('14 days') }, 'refreshed'],
    ['less than half after its refresh', { refreshed: ago('12 days'), used: ago('12 days') }, 'left alone'],
    ['half of the time after it was connected, never used', { connected: ago('13 days'), used: null }, 'refreshed'],
    ['used within the window', { refreshed: ago('60 days'), used: ago('89 days') }, 'refreshed'],
    ['not used within the window', { refreshed: ago('60 days'), used: ago('91 days') }, 'left alone'],
    ['neither used nor connected within the window', { connected: ago('91 days'), used: null }, 'left alone'],
    ['not used within the window, but reconnected', { connected: ago('20 days'), used: ago('91 days') }, 'refreshed'],
  ];

  test.each(rows)('a grant %s is %s', async (_, moments, expected) => {
    const id = await given({ ...old, connected: ago('200 days'), ...moments });
    await refreshDueConnections(jobs(withIdleDays(25)));
    expect(await generation(id)).toBe(expected === 'refreshed' ? 2 : 1);
    await refreshDueConnections(jobs(withIdleDays(25)));
    expect(hub.server.requests).toBe(expected === 'refreshed' ? 1 : 0);
  });

  test('only where the record says that grants die so, and KEEP_ALIVE_DAYS is not 0', async () => {
    await given({ ...old, connected: ago('200 days'), refreshed: ago('13 days'), used: ago('13 days') });
    await refreshDueConnections(jobs());
    await refreshDueConnections(jobs(withIdleDays(25, { keepAliveDays: 0 })));
    expect(hub.server.requests).toBe(0);
    await refreshDueConnections(jobs(withIdleDays(25, { keepAliveDays: 14 })));
    expect(hub.server.requests).toBe(1);
  });
});

test('the rows of each reason are found by its index', async () => {
  const { db } = hub.database;
  const { id: personId } = await addPerson(hub.runtime);
  await db.execute(sql`insert into connections (person_id, id, provider, issuer, subject, status, scopes_requested,
      "authorization", access_token, refresh_token, access_token_issued_at, access_token_expires_at, connected_at)
    select ${personId}, 'bulk_' || n, 'bulk', 'https://bulk.example', 's' || n, 'connected', '{}', '{}', 'x', 'x',
      now() - n * interval '1 hour', now() + n * interval '1 minute', now() - n * interval '1 minute'
    from generate_series(1, 5000) n`);
  await db.execute(sql`analyze connections`);
  const runtime = createRuntime(hub.database, [{ ...plainRecord(hub.server.issuer, 'bulk'), idle_keepalive_days: 5 }]);
  const provider = runtime.providers.get('bulk');
  if (!provider) throw new Error('it is configured');
  const plans = await Promise.all(
    reasonsFor(jobs(runtime), provider).map(async (reason) =>
      JSON.stringify(rowsOf(await db.execute(sql`explain ${dueRows('bulk', reason, 20)} for update skip locked`))),
    ),
  );
  expect(plans).toEqual([
    // Of the two that know when tokens end, the statistics choose.
    expect.stringMatching(/connections_(?:refresh_ahead|expiry)/),
    expect.stringContaining('connections_keep_alive'),
    expect.stringContaining('connections_refused'),
  ]);
});
