import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Context, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { providerStops } from '#lib/db/schema/provider-stops';
import { spendings } from '#lib/db/schema/spendings';
import { AppError } from '#lib/errors';
import { NotAsked } from '#lib/provider-calls/call-protected';
import { createFollower, followLostAnswers, followSilentHolders } from '#lib/refresh/follow-silent';
import { takeLease } from '#lib/refresh/lease';
import { storeOutcome } from '#lib/refresh/store-outcome';
import { vendToken } from '#lib/tokens/vend-token';
import { freeze, rowOf } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();
const forgiving = { rotation: { leeway_s: 60 } };

beforeEach(async () => {
  // What earlier tests left without an answer is followed in them, not here.
  await hub.database.db.delete(spendings);
});

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
  ['for 41 s there, which a second death left', forgiving, 41, -5, true],
  ['for so long that the provider may forgive no more', forgiving, 43, -5, false],
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

  test('a look goes on while an earlier one’s refresh is slow, and the end waits for both', async () => {
    hub.server.behaviour.grace = true;
    const slow = await leftBehind(forgiving, 20);
    const follower = createFollower(jobsOf(hub.otherProcess(forgiving)));
    const { atProvider, answer } = hub.holdAnswer();
    await follower.look();
    await atProvider;
    hub.server.behaviour.beforeAnswer = async () => {};
    const other = await leftBehind(forgiving, 20);
    await follower.look();
    await expect.poll(async () => (await rowOf(hub.runtime, other)).generation).toBe(2);
    expect((await rowOf(hub.runtime, slow)).generation).toBe(1);
    answer();
    await follower.stop();
    expect((await rowOf(hub.runtime, slow)).generation).toBe(2);
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
      [{ rotation: { leeway_s: 1800 } }, 1],
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

/** What became of a first follower, while the first holder says nothing. */
const firstFollowers: Record<string, (id: string) => Promise<void>> = {
  'whose request was cut off': async (id) => {
    hub.server.behaviour.beforeAnswer = async () => 'cut';
    await vendToken(hub.otherProcess(forgiving), { id }).catch(() => {});
  },
  'whom the provider answered 503': async (id) => {
    hub.server.behaviour.instead = json(503, {});
    await vendToken(hub.otherProcess(forgiving), { id }).catch(() => {});
  },
  'that could not begin, since a standby had just been promoted': async (id) => {
    const other = hub.otherProcess(forgiving);
    const taken = await takeLease(other, { personId: hub.personId, id }, 1, 60);
    if (!taken) throw new Error('not taken');
    await storeOutcome(other, {
      leased: taken,
      provider: recordOf(other),
      letGo: () => {},
      error: new NotAsked(new AppError('refresh_in_progress', { retryAfterSeconds: 1 })),
      call: { sent: false, stale: false, askedAt: 0, refused: [] },
    }).catch(() => {});
  },
};

const recordOf = (ctx: Context) => {
  const record = ctx.providers.get('acme');
  if (!record) throw new Error('no record');
  return record;
};

const shownAgo = (id: string, seconds: number) =>
  hub.database.db
    .update(spendings)
    .set({ shownAt: ago(seconds) })
    .where(eq(spendings.connectionId, id));

describe('where one follower brings nothing, the next one goes on within the leeway', () => {
  test.each(Object.entries(firstFollowers))('%s', async (_name, first) => {
    hub.server.behaviour.grace = true;
    const id = await leftBehind(forgiving, 16);
    await first(id);
    expect((await rowOf(hub.runtime, id)).generation).toBe(1);
    hub.server.behaviour.beforeAnswer = async () => {};
    hub.server.behaviour.instead = null;
    // Not in the same breath: the provider is not asked more often than every few seconds.
    await shownAgo(id, 1);
    const other = jobsOf(hub.otherProcess(forgiving));
    expect(await requestsOf(() => followSilentHolders(other))).toBe(0);
    await shownAgo(id, 6);
    expect(await requestsOf(() => followSilentHolders(other))).toBe(1);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ generation: 2, leaseOwner: null, lastRefreshError: null });
  });

  test('also while refreshes of the provider are stopped', async () => {
    hub.server.behaviour.grace = true;
    const id = await leftBehind(forgiving, 16);
    const { provider, issuer } = await rowOf(hub.runtime, id);
    const nextProbeAt = new Date(Date.now() + 60_000);
    await hub.database.db.insert(providerStops).values({ provider, issuer, people: 3, nextProbeAt });
    const other = jobsOf(hub.otherProcess(forgiving));
    expect(await requestsOf(() => followSilentHolders(other))).toBe(1);
    expect((await rowOf(hub.runtime, id)).generation).toBe(2);
  });
});

/** Tokens that were shown so many seconds ago and not answered, each without a lease. */
const lost: [string, Record<string, unknown>, number, boolean][] = [
  ['6 s ago at a provider that forgives for 60 s', forgiving, 6, true],
  ['a moment ago', forgiving, 1, false],
  ['41 s ago there', forgiving, 41, true],
  ['43 s ago there', forgiving, 43, false],
  ['200 s ago at a provider that forgives for half an hour', { rotation: { leeway_s: 1800 } }, 200, true],
  ['1,790 s ago there', { rotation: { leeway_s: 1800 } }, 1790, false],
  ['at a provider that promises no leeway', { rotation: 'rotate' }, 6, false],
];

describe('without a caller, a token is shown again that this provider forgives and did not answer', () => {
  test.each(lost)('%s', async (_name, record, seconds, again) => {
    hub.server.behaviour.grace = true;
    const id = await hub.expired();
    hub.server.behaviour.beforeAnswer = async () => 'cut';
    await vendToken(hub.otherProcess(record), { id }).catch(() => {});
    hub.server.behaviour.beforeAnswer = async () => {};
    // It lives on, so its holder knows that the answer is lost, and gave the lease back.
    expect(await rowOf(hub.runtime, id)).toMatchObject({ leaseOwner: null, generation: 1 });
    await hub.database.db
      .update(connections)
      .set({ spentAt: ago(seconds), accessTokenExpiresAt: ago(-3600), nextRefreshAttemptAt: ago(seconds - 30) })
      .where(eq(connections.id, id));
    await shownAgo(id, seconds);
    const other = jobsOf(hub.otherProcess(record));
    const both = () => Promise.all([followSilentHolders(other), followLostAnswers(other)]);
    expect(await requestsOf(both)).toBe(again ? 1 : 0);
    expect((await rowOf(hub.runtime, id)).generation).toBe(again ? 2 : 1);
  });

  test('a holder of a lease that runs is left alone', async () => {
    hub.server.behaviour.grace = true;
    await leftBehind({ rotation: { leeway_s: 1800 } }, 20);
    const other = jobsOf(hub.otherProcess({ rotation: { leeway_s: 1800 } }));
    expect(await requestsOf(() => followLostAnswers(other))).toBe(0);
  });
});
