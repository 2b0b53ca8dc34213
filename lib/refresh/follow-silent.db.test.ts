import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { type Context, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { spendings } from '#lib/db/schema/spendings';
import { createFollower, followSilentHolders } from '#lib/refresh/follow-silent';
import { vendToken } from '#lib/tokens/vend-token';
import { freeze, rowOf } from '#tests/hub';
import { refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();
const forgiving = { rotation: { leeway_s: 60 } };

const jobsOf = (ctx: Context): Context => systemContext(ctx, 'jobs');
const ago = (seconds: number) => sql`clock_timestamp() - make_interval(secs => ${seconds}::float8)` as unknown as Date;

/**
 * A connection of which a process showed the token, so many seconds ago, and died before it read the answer.
 * @param expiresIn seconds that the stored access token is still good for
 */
async function leftBehind(record: Record<string, unknown>, seconds: number, expiresIn = -5): Promise<string> {
  const id = await hub.expired();
  const dying = hub.otherProcess(record);
  const { atProvider, answer } = hub.holdAnswer();
  const asked = vendToken(dying, { id }).catch(() => {});
  await atProvider;
  const { db } = hub.database;
  const [shown] = await db.select().from(connections).where(eq(connections.id, id));
  answer();
  await asked;
  // The row is as it was while the answer was under way: whatever that process stored died with it.
  await db
    .update(connections)
    .set({
      ...shown,
      spentAt: ago(seconds),
      leaseExpiresAt: ago(seconds - 180),
      accessTokenExpiresAt: ago(-expiresIn),
    })
    .where(eq(connections.id, id));
  await db
    .update(spendings)
    .set({ shownAt: ago(seconds) })
    .where(eq(spendings.connectionId, id));
  hub.server.behaviour.beforeAnswer = async () => {};
  return id;
}

const requestsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const before = hub.server.requests;
  await work();
  return hub.server.requests - before;
};

const cases: [string, Record<string, unknown>, number, number, boolean][] = [
  ['for 16 s at a provider that forgives for 60 s', forgiving, 16, -5, true],
  ['for 28 s there', forgiving, 28, -5, true],
  ['and its access token is good for an hour still', forgiving, 20, 3600, true],
  ['for no longer than a process may stand still', forgiving, 10, -5, false],
  ['for so long that the provider may forgive no more', forgiving, 40, -5, false],
  ['at a provider that forgives for longer than the lease lasts', { rotation: { leeway_s: 1800 } }, 20, -5, false],
  ['at a provider that promises no leeway', { rotation: 'rotate' }, 20, -5, false],
];

describe('without a caller, a dead process’s refresh is done again where the provider forgives', () => {
  test.each(cases)('a holder silent %s', async (_name, record, seconds, expiresIn, followed) => {
    hub.server.behaviour.grace = true;
    const id = await leftBehind(record, seconds, expiresIn);
    const other = jobsOf(hub.otherProcess(record));
    expect(await requestsOf(() => followSilentHolders(other))).toBe(followed ? 1 : 0);
    const row = await rowOf(hub.runtime, id);
    expect(row.generation).toBe(followed ? 2 : 1);
    if (followed) expect(row).toMatchObject({ leaseOwner: null, lastRefreshError: null, status: 'connected' });
    // It is done once.
    expect(await requestsOf(() => followSilentHolders(other))).toBe(0);
  });

  test('of several processes that look at once, one shows the token', async () => {
    hub.server.behaviour.grace = true;
    const id = await leftBehind(forgiving, 20);
    const looks = Array.from({ length: 4 }, () => followSilentHolders(jobsOf(hub.otherProcess(forgiving))));
    expect(await requestsOf(() => Promise.all(looks))).toBe(1);
    expect((await rowOf(hub.runtime, id)).generation).toBe(2);
  });

  test('nothing is asked for what is frozen, revoked or was refreshed since', async () => {
    hub.server.behaviour.grace = true;
    const { db } = hub.database;
    const frozen = await leftBehind(forgiving, 20);
    await freeze(hub.runtime, 'connection', frozen);
    const revoked = await leftBehind(forgiving, 20);
    await db.update(connections).set({ status: 'revoked' }).where(eq(connections.id, revoked));
    const newer = await leftBehind(forgiving, 20);
    await db
      .update(connections)
      .set({ generation: 2, leaseOwner: null, leaseExpiresAt: null, lastRefreshError: null })
      .where(eq(connections.id, newer));
    expect(await requestsOf(() => followSilentHolders(jobsOf(hub.otherProcess(forgiving))))).toBe(0);
    await db.delete(freezes).where(eq(freezes.target, frozen));
  });

  test('a refresh at a provider without such a leeway leaves no note', async () => {
    for (const [record, notes] of [
      [{ rotation: 'rotate' }, 0],
      [{ rotation: { leeway_s: 1800 } }, 0],
      [forgiving, 1],
    ] as const) {
      const id = await hub.expired();
      await vendToken(hub.otherProcess(record), { id });
      expect(await hub.database.db.$count(spendings, eq(spendings.connectionId, id))).toBe(notes);
    }
  });

  test('only the system looks', async () => {
    await expect(followSilentHolders(hub.ctx)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('a follower looks once at a time, and not after it was stopped', async () => {
    hub.server.behaviour.grace = true;
    await leftBehind(forgiving, 20);
    const follower = createFollower(jobsOf(hub.otherProcess(forgiving)));
    expect(follower.look()).toBe(follower.look());
    await follower.stop();
    const late = await leftBehind(forgiving, 20);
    expect(await requestsOf(() => follower.look())).toBe(0);
    expect((await rowOf(hub.runtime, late)).generation).toBe(1);
  });
});
