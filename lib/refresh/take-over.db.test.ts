import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import type { ProviderRecord } from '#lib/providers/record';
import { beginSpending, releaseLease, renewLease, takeLease } from '#lib/refresh/lease';
import { leewayOf } from '#lib/refresh/take-over';
import { vendToken } from '#lib/tokens/vend-token';
import { rowOf } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();
const forgiving = { rotation: { leeway_s: 60 } };

const leewayRecord = (ctx: Context): ProviderRecord => {
  const record = ctx.providers.get('acme');
  if (!record) throw new Error('no record');
  return record;
};

const keyOf = (id: string) => ({ personId: hub.personId, id });

/**
 * A connection with a holder that showed its token so many seconds ago, renewed its lease for the last time, and is
 * silent.
 */
async function shownBySilent(spentSeconds: number, silentSeconds: number): Promise<string> {
  const ago = (seconds: number, more = 0) =>
    sql`clock_timestamp() + make_interval(secs => ${more - seconds}::float8)` as unknown as Date;
  const values = {
    leaseOwner: 'prc_dead:x',
    leaseExpiresAt: ago(silentSeconds, 180),
    lastRefreshError: 'answer_lost',
    spentAt: ago(spentSeconds),
  };
  return hub.expired({ values });
}

const cases: [string, Record<string, unknown>, number, number, boolean][] = [
  ['a holder silent for 28 s at a provider that forgives for 60 s', forgiving, 28, 28, true],
  ['a holder silent for 16 s', forgiving, 16, 16, true],
  ['a holder that renewed since, and is silent again', { rotation: { leeway_s: 120 } }, 46, 35, true],
  ['a holder that renewed late in the leeway of 60 s', forgiving, 41, 16, true],
  ['a holder that stood still for no longer than it may before it shows the token', forgiving, 10, 10, false],
  ['a holder that renewed a moment ago', forgiving, 31, 2, false],
  ['a holder silent for 41 s there', forgiving, 41, 41, true],
  ['a token that may be forgiven no more when the request arrives', forgiving, 43, 43, false],
  ['a holder that took the lease and spent nothing yet', forgiving, 31, 155, false],
  ['a provider that forgives for less than the silence and the way', { rotation: { leeway_s: 30 } }, 16, 16, false],
  ['a provider that forgives for longer than the lease lasts', { rotation: { leeway_s: 1800 } }, 31, 31, false],
  ['a provider whose record promises no leeway', { rotation: 'rotate' }, 31, 31, false],
  ['a record that does not speak of rotation', {}, 31, 31, false],
];

describe('the lease of a silent holder goes to another only while the provider forgives the spent token', () => {
  test.each(cases)('%s', async (_name, record, spentSeconds, silentSeconds, free) => {
    const id = await shownBySilent(spentSeconds, silentSeconds);
    const other = hub.otherProcess(record);
    const provider = other.providers.get('acme');
    const leeway = provider ? leewayOf(provider) : 0;
    const key = { personId: hub.personId, id };
    expect((await takeLease(other, key, 1, leeway)) !== undefined).toBe(free);
    // The row is another process's from then on, also for callers to whom the first was silent.
    expect(await takeLease(hub.otherProcess(record), key, 1, leeway)).toBeUndefined();
  });

  test('a caller is given a token where it is forgiven, and told to come back where it is not', async () => {
    hub.server.behaviour.grace = true;
    const strict = await shownBySilent(31, 31);
    await expect(vendToken(hub.otherProcess({ rotation: 'rotate' }), { id: strict })).rejects.toMatchObject({
      code: 'refresh_in_progress',
    });
    expect(hub.server.requests).toBe(0);
    const id = await shownBySilent(16, 16);
    const { accessToken } = await vendToken(hub.otherProcess(forgiving), { id });
    expect(hub.server.isLive(accessToken)).toBe(true);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ generation: 2, leaseOwner: null, lastRefreshError: null });
  });

  test('what counts is when the token was shown first, not when it was shown again', async () => {
    const id = await hub.expired();
    hub.server.behaviour.beforeAnswer = async () => 'cut';
    const ask = () => vendToken(hub.otherProcess(forgiving), { id }).catch(() => {});
    await ask();
    const first = (await rowOf(hub.runtime, id)).spentAt;
    await ask();
    expect(hub.server.requests).toBe(2);
    expect((await rowOf(hub.runtime, id)).spentAt).toEqual(first);
    // After an answer that says that it was not taken, the next show is the first.
    hub.server.behaviour.instead = json(400, { error: 'invalid_client' });
    const other = await hub.expired({ values: { lastRefreshError: 'client_rejected', spentAt: new Date(0) } });
    await vendToken(hub.otherProcess(forgiving), { id: other }).catch(() => {});
    expect((await rowOf(hub.runtime, other)).spentAt?.getTime()).toBeGreaterThan(first?.getTime() ?? Number.NaN);
  });
});

describe('a lease that was taken over and brings nothing leaves the silent holder its three minutes', () => {
  const protectedFor = async (id: string) => {
    const { leaseOwner, leaseExpiresAt } = await rowOf(hub.runtime, id);
    return leaseOwner === null ? 0 : ((leaseExpiresAt?.getTime() ?? 0) - Date.now()) / 1000;
  };
  const ends: Record<string, () => void> = {
    'its answer is cut off': () => {
      hub.server.behaviour.beforeAnswer = async () => 'cut';
    },
    'the provider is ill': () => {
      hub.server.behaviour.instead = json(503, {});
    },
    'the provider rejects the client': () => {
      hub.server.behaviour.instead = json(401, { error: 'invalid_client' });
    },
  };
  test.each(Object.entries(ends))('where %s', async (_name, arrange) => {
    hub.server.behaviour.grace = true;
    const id = await shownBySilent(16, 16);
    arrange();
    await vendToken(hub.otherProcess(forgiving), { id }).catch(() => {});
    expect(hub.server.requests).toBe(1);
    expect(await protectedFor(id)).toBeGreaterThan(160);
    // Nothing else takes it: the token might be shown after the provider's leeway.
    expect(await takeLease(hub.otherProcess(forgiving), keyOf(id), 1)).toBeUndefined();
  });

  test('where its process dies before it shows the token', async () => {
    const id = await shownBySilent(16, 16);
    expect(await takeLease(hub.otherProcess(forgiving), keyOf(id), 1, 60)).toBeDefined();
    expect(await protectedFor(id)).toBeGreaterThan(160);
  });

  describe('F-02 a process that dies while it follows is followed after 5 s', () => {
    const later = (id: string, seconds: number) =>
      hub.database.db
        .update(connections)
        .set({ leaseExpiresAt: sql`lease_expires_at - make_interval(secs => ${seconds}::float8)` })
        .where(eq(connections.id, id));

    test.each([
      ['before it shows the token', false],
      ['when it has shown it', true],
    ])('%s', async (_name, shows) => {
      const [dying, other] = [hub.otherProcess(forgiving), hub.otherProcess(forgiving)];
      const id = await shownBySilent(16, 16);
      const taken = await takeLease(dying, keyOf(id), 1, 60);
      if (!taken) throw new Error('not taken');
      if (shows) expect(await beginSpending(dying, taken.lease, leewayRecord(dying))).toBeDefined();
      await later(id, 4);
      expect(await takeLease(other, keyOf(id), 1, 60)).toBeUndefined();
      // A renewal is a word of a holder that lives.
      expect(await renewLease(dying, taken.lease)).toBe(true);
      await later(id, 4);
      expect(await takeLease(other, keyOf(id), 1, 60)).toBeUndefined();
      await later(id, 2);
      expect(await takeLease(other, keyOf(id), 1, 60)).toBeDefined();
      // Had it only stood still, it does not show the token any more.
      expect(await beginSpending(dying, taken.lease, leewayRecord(dying))).toBeUndefined();
      expect(await protectedFor(id)).toBeGreaterThan(160);
    });
  });

  test('where the leeway ends while it waits for its turn: then the token is not shown', async () => {
    const other = hub.otherProcess(forgiving);
    const id = await shownBySilent(16, 16);
    const taken = await takeLease(other, keyOf(id), 1, 60);
    if (!taken) throw new Error('not taken');
    await hub.database.db
      .update(connections)
      .set({ spentAt: sql`clock_timestamp() - interval '43 seconds'` })
      .where(eq(connections.id, id));
    expect(await beginSpending(other, taken.lease, leewayRecord(other))).toBeUndefined();
    await releaseLease(hub.database.db, taken.lease, 'answer_lost');
    expect(await protectedFor(id)).toBeGreaterThan(160);
  });

  test('but where the holder stored its answer meanwhile, the newer token waits for nobody', async () => {
    const other = hub.otherProcess(forgiving);
    const id = await shownBySilent(16, 16);
    const taken = await takeLease(other, keyOf(id), 1, 60);
    if (!taken) throw new Error('not taken');
    await hub.database.db.update(connections).set({ generation: 2 }).where(eq(connections.id, id));
    await releaseLease(hub.database.db, taken.lease, 'answer_lost');
    expect(await protectedFor(id)).toBe(0);
  });
});
