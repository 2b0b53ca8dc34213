import { eq, isNotNull, type SQL, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { claimDue, dueRows, reasonsFor } from '#lib/connections/claim-due';
import { refreshDueConnections } from '#lib/connections/refresh-due';
import { revokeConnection } from '#lib/connections/revoke';
import { vendToken } from '#lib/connections/vend-token';
import { type Runtime, systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { addConnection, addPerson, createRuntime, freeze, noteUse, plainRecord, rowOf, useOf } from '#tests/hub';
import { cutBefore, steppedDatabase } from '#tests/process-steps';
import { json, refreshHub } from '#tests/refresh-hub';
import type { Behaviour } from '#tests/servers/token-server';

const hub = refreshHub();

const ago = (interval: string) => sql`now() - ${interval}::interval`;
const ahead = (interval: string) => sql`now() + ${interval}::interval`;

interface Moments {
  issued?: SQL;
  ends?: SQL;
  used?: SQL | null;
  connected?: SQL;
  refreshed?: SQL;
  next?: SQL;
  provider?: string;
}

/** A connection with a token of an hour that ends in two minutes and was used just now, unless told otherwise. */
async function given(moments: Moments = {}): Promise<string> {
  const { personId, server, runtime } = hub;
  const provider = moments.provider ?? 'acme';
  const id = await addConnection(runtime, { personId, refreshToken: server.grant(), provider });
  const values = {
    accessTokenIssuedAt: moments.issued ?? ago('58 minutes'),
    accessTokenExpiresAt: moments.ends ?? ahead('2 minutes'),
    connectedAt: moments.connected ?? ago('1 hour'),
    lastRefreshedAt: moments.refreshed ?? null,
    nextRefreshAttemptAt: moments.next ?? null,
  };
  await runtime.database.db.update(connections).set(values).where(eq(connections.id, id));
  if (moments.used !== null) await noteUse(runtime, id, moments.used ?? sql`now()`);
  return id;
}

// What is due is asked of the whole table, so that each test begins with an empty one.
beforeEach(async () => {
  await hub.database.db.delete(connections);
});

const jobs = (runtime: Runtime = hub.runtime) => systemContext(runtime, 'jobs');
const generation = async (id: string) => (await rowOf(hub.runtime, id)).generation;

/** Another process whose provider drops unused grants after so many days. */
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
    'nothing under a brake over its %s',
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

describe('any number of processes', () => {
  test('share a round: everything once, nothing twice', async () => {
    const ids = await Promise.all(Array.from({ length: 150 }, () => given()));
    const rounds = await Promise.all(
      [hub.runtime, hub.otherProcess(), hub.otherProcess()].map((process) => refreshDueConnections(jobs(process))),
    );
    expect(rounds.reduce((sum, { refreshed }) => sum + refreshed, 0)).toBe(150);
    expect(rounds.map(({ failed }) => failed)).toEqual([0, 0, 0]);
    expect([hub.server.requests, hub.server.refreshes]).toEqual([150, 150]);
    expect(await Promise.all(ids.map(generation))).toEqual(ids.map(() => 2));
  });

  test('a claim is nobody else’s until it ran out', async () => {
    const ids = (await Promise.all(Array.from({ length: 10 }, () => given()))).sort();
    const [reason] = reasonsFor(jobs(), hub.runtime.providers.get('acme') as never);
    if (!reason) throw new Error('there is a reason');
    const first = await claimDue(jobs(), 'acme', reason, 4);
    const second = await claimDue(jobs(hub.otherProcess()), 'acme', reason, 100);
    expect([first.length, second.length]).toEqual([4, 6]);
    expect([...first, ...second].map(({ lease }) => lease.id).sort()).toEqual(ids);
    const over = sql`now() - interval '1 second'`;
    // The lease ends before the claim does.
    await hub.database.db.update(connections).set({ leaseExpiresAt: over });
    expect(await claimDue(jobs(), 'acme', reason, 100)).toEqual([]);
    await hub.database.db.update(connections).set({ nextRefreshAttemptAt: over });
    expect(await claimDue(jobs(), 'acme', reason, 100)).toHaveLength(10);
  });

  test('what somebody refreshed since it was claimed is not refreshed again', async () => {
    const id = await given();
    // The claim is made, and before it is worked off a caller refreshes.
    const { atProvider, answer } = hub.holdAnswer();
    const round = refreshDueConnections(jobs());
    await atProvider;
    const other = refreshDueConnections(jobs(hub.otherProcess()));
    answer();
    await Promise.all([round, other]);
    expect([hub.server.requests, await generation(id)]).toEqual([1, 2]);
  });
});

test('a failure backs off, longer each time and as long as the provider asks, and a success forgets it', async () => {
  const id = await given();
  hub.server.behaviour.instead = json(503, {});
  const wait = async () => {
    const found = await hub.database.db.execute(sql`select refresh_failures as failures,
      extract(epoch from next_refresh_attempt_at - now())::float8 as seconds from connections where id = ${id}`);
    return rowsOf<{ failures: number; seconds: number }>(found)[0];
  };
  const again = async (instead: Behaviour['instead']) => {
    await hub.database.db.execute(sql`update connections set next_refresh_attempt_at = null where id = ${id}`);
    hub.server.behaviour.instead = instead;
    // Another process each time: this one may be giving the provider the rest that it asked for.
    await refreshDueConnections(jobs(hub.otherProcess()));
    return wait();
  };
  await refreshDueConnections(jobs());
  const first = await wait();
  expect(first?.failures).toBe(1);
  expect(first?.seconds).toBeGreaterThan(5);
  expect(first?.seconds).toBeLessThanOrEqual(15);
  for (let n = 2; n <= 4; n++) await again(json(503, {}));
  const fourth = await wait();
  expect(fourth?.failures).toBe(4);
  expect(fourth?.seconds).toBeGreaterThan(45);
  const asked = await again(json(429, {}, { 'retry-after': '4000' }));
  expect(asked?.seconds).toBeGreaterThan(3980);
  expect(await again(null)).toEqual({ failures: 0, seconds: null });
});

test.each([
  [503, 1, 'at once'],
  [429, 3, 'once several accounts got it'],
])('a provider that asks for rest by %i gets it from the background after %i calls: %s', async (status, asked) => {
  await Promise.all(Array.from({ length: 100 }, () => given()));
  hub.server.behaviour.instead = json(status, {}, { 'retry-after': '60' });
  const runtime = { ...hub.runtime, config: { ...hub.runtime.config, refreshConcurrency: 1 } };
  expect(await refreshDueConnections(jobs(runtime))).toEqual({ refreshed: 0, failed: asked });
  expect(await refreshDueConnections(jobs(runtime))).toEqual({ refreshed: 0, failed: 0 });
  expect(hub.server.requests).toBe(asked);
});

test('the hub’s own fault ends the round for that provider', async () => {
  await Promise.all(Array.from({ length: 40 }, () => given()));
  hub.server.behaviour.instead = json(401, { error: 'invalid_client' });
  const runtime = { ...hub.runtime, config: { ...hub.runtime.config, refreshConcurrency: 1 } };
  const { refreshed, failed } = await refreshDueConnections(jobs(runtime));
  // One more may have been asked while the twentieth was being written down.
  expect([refreshed, failed === 20 || failed === 21]).toEqual([0, true]);
});

test('while the token lives and its refresh backs off, callers get it without asking the provider', async () => {
  const id = await addConnection(hub.runtime, {
    personId: hub.personId,
    refreshToken: hub.server.grant(),
    expiresIn: 30,
    age: 3570,
  });
  hub.server.behaviour.instead = json(503, {});
  for (let n = 0; n < 3; n++) expect((await vendToken(hub.ctx, { id })).accessToken).toBe(`at_${id}`);
  expect(hub.server.requests).toBe(1);
});

test('a round ends when it is told to, and is nobody’s but the hub’s', async () => {
  await Promise.all(Array.from({ length: 40 }, () => given()));
  const stopping = new AbortController();
  hub.during(async () => stopping.abort());
  const runtime = { ...hub.runtime, config: { ...hub.runtime.config, refreshConcurrency: 2 } };
  const { refreshed } = await refreshDueConnections(jobs(runtime), { signal: stopping.signal });
  expect(refreshed).toBeLessThan(40);
  // What was claimed and not begun is given back: another process may take it up at once.
  const left = await hub.database.db.execute(sql`select count(*)::int as n from connections
    where lease_owner is not null or next_refresh_attempt_at > now()`);
  expect(rowsOf<{ n: number }>(left)).toEqual([{ n: 0 }]);
  await expect(refreshDueConnections(hub.ctx)).rejects.toEqual(new AppError('forbidden'));
});

test('what was revoked since it was claimed keeps nobody from the rest of the round', async () => {
  await Promise.all([given(), given(), given()]);
  const { db } = hub.database;
  const { before } = cutBefore(3, async () => {
    const claimed = await db.select({ id: connections.id }).from(connections).where(isNotNull(connections.leaseOwner));
    expect(claimed).toHaveLength(2);
    for (const { id } of claimed) await revokeConnection(systemContext(hub.runtime, 'test'), { id });
  });
  const process = hub.otherProcess({}, steppedDatabase(hub.database, before));
  const runtime = { ...process, config: { ...process.config, refreshConcurrency: 1 } };
  expect(await refreshDueConnections(jobs(runtime))).toEqual({ refreshed: 1, failed: 2 });
  expect(hub.server.refreshes).toBe(1);
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

test('F-18 a round that fails at one provider waits for what is under way at the others', async () => {
  const id = await given();
  const { atProvider, answer } = hub.holdAnswer();
  const ctx = jobs(hub.runtime);
  const provider = ctx.providers.get('acme');
  if (!provider) throw new Error('it is configured');
  const faulty = {
    ...provider,
    get idle_keepalive_days(): number {
      throw new Error('a fault of our own');
    },
  };
  const providers = {
    get: (of: string) => ctx.providers.get(of),
    list: () => [faulty, provider],
  } as typeof ctx.providers;
  let over = false;
  const round = refreshDueConnections({ ...ctx, providers }).finally(() => {
    over = true;
  });
  const failed = expect(round).rejects.toThrow('a fault of our own');
  await atProvider;
  expect(over).toBe(false);
  answer();
  await failed;
  expect(await rowOf(hub.runtime, id)).toMatchObject({ generation: 2, leaseOwner: null });
});
