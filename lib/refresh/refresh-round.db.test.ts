import { isNotNull, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { claimDue, reasonsFor } from '#lib/refresh/claim-due';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { revokeConnection } from '#lib/revocation/revoke';
import { vendToken } from '#lib/tokens/vend-token';
import { dueHub } from '#tests/due-hub';
import { addConnection, rowOf } from '#tests/hub';
import { cutBefore, steppedDatabase } from '#tests/process-steps';
import { json } from '#tests/refresh-hub';
import type { Behaviour } from '#tests/servers/token-server';

const { hub, given, jobs, generation } = dueHub();

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
  // Claims that were not begun are given back: another process may take them up at once.
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
