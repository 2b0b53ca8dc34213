import { eq, sql } from 'drizzle-orm';
import { afterEach, expect, test, vi } from 'vitest';
import { systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { keepLease } from '#lib/refresh/keep-lease';
import { takeLease } from '#lib/refresh/lease';
import { refreshConnection } from '#lib/refresh/refresh';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { rowOf } from '#tests/hub';
import { refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

afterEach(() => {
  vi.useRealTimers();
});

/** Seconds that a lease still has, by the database's clock. */
async function secondsLeft(id: string): Promise<number | null> {
  const found = await hub.database.db.execute(sql`select
    extract(epoch from lease_expires_at - clock_timestamp())::float8 as seconds from connections where id = ${id}`);
  return rowsOf<{ seconds: number | null }>(found)[0]?.seconds ?? null;
}

const almostOver = (id: string) =>
  hub.database.db
    .update(connections)
    .set({ leaseExpiresAt: sql`clock_timestamp() + interval '1 second'` })
    .where(eq(connections.id, id));

const isWhole = async (id: string) => ((await secondsLeft(id)) ?? 0) > 20;

async function held() {
  const id = await hub.expired();
  const taken = await takeLease(hub.ctx, { personId: hub.personId, id }, 1);
  if (!taken) throw new Error('nobody holds it');
  return { id, lease: taken.lease };
}

test.each(['a caller', 'the background'])('while the provider is slow, the lease of %s is renewed', async (who) => {
  const id = await hub.expired({ lastUsedAt: new Date() });
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { atProvider, answer } = hub.holdAnswer();
  const refreshed =
    who === 'a caller' ? refreshConnection(hub.ctx, { id }) : refreshDueConnections(systemContext(hub.runtime, 'jobs'));
  await atProvider;
  for (let round = 0; round < 3; round++) {
    await almostOver(id);
    vi.advanceTimersByTime(10_000);
    await expect.poll(() => isWhole(id)).toBe(true);
  }
  answer();
  await refreshed;
  expect(await rowOf(hub.runtime, id)).toMatchObject({ leaseOwner: null, leaseExpiresAt: null, generation: 2 });
  expect(vi.getTimerCount()).toBe(0);
});

test('what is not ours any more is not renewed, and not asked for again', async () => {
  const { id, lease } = await held();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  keepLease(hub.ctx, lease);
  await hub.database.db
    .update(connections)
    .set({ leaseOwner: 'other', leaseExpiresAt: sql`clock_timestamp() + interval '1 second'` })
    .where(eq(connections.id, id));
  vi.advanceTimersByTime(10_000);
  await expect.poll(() => vi.getTimerCount()).toBe(0);
  expect(await rowOf(hub.runtime, id)).toMatchObject({ leaseOwner: 'other' });
  expect(await isWhole(id)).toBe(false);
});

test('a renewal that fails is logged, and the next one is tried', async () => {
  const { id, lease } = await held();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { database, logged } = hub.runtime;
  let reachable = false;
  const ctx = {
    ...hub.ctx,
    get database() {
      if (!reachable) throw new Error('out of reach');
      return database;
    },
  };
  const letGo = keepLease(ctx, lease);
  await almostOver(id);
  vi.advanceTimersByTime(10_000);
  await expect.poll(() => logged.some(({ event }) => event === 'lease_not_renewed')).toBe(true);
  reachable = true;
  vi.advanceTimersByTime(10_000);
  await expect.poll(() => isWhole(id)).toBe(true);
  letGo();
  expect(vi.getTimerCount()).toBe(0);
});
