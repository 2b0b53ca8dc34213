import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { takeLease } from '#lib/connections/lease';
import { leewayOf } from '#lib/connections/take-over';
import { vendToken } from '#lib/connections/vend-token';
import { rowOf } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();
const forgiving = { rotation: { leeway_s: 60 } };

/** A connection whose holder showed its token so many seconds ago, renewed its lease for the last time, and is silent. */
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
  ['a holder silent for 31 s at a provider that forgives for 60 s', forgiving, 31, 31, true],
  ['a holder silent for 16 s', forgiving, 16, 16, true],
  ['a holder that renewed since, and is silent again', forgiving, 46, 35, true],
  ['a holder that stood still for no longer than it may before it shows the token', forgiving, 10, 10, false],
  ['a holder that renewed a moment ago', forgiving, 31, 2, false],
  ['a token that was shown too long ago to be forgiven', forgiving, 51, 40, false],
  ['a holder that took the lease and spent nothing yet', forgiving, 31, 155, false],
  ['a provider that forgives for less than the silence', { rotation: { leeway_s: 20 } }, 31, 31, false],
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
    // It is another's from then on, also for those to whom the first was silent.
    expect(await takeLease(hub.otherProcess(record), key, 1, leeway)).toBeUndefined();
  });

  test('a caller is given a token where it is forgiven, and told to come back where it is not', async () => {
    hub.server.behaviour.grace = true;
    const id = await shownBySilent(31, 31);
    await expect(vendToken(hub.otherProcess({ rotation: 'rotate' }), { id })).rejects.toMatchObject({
      code: 'refresh_in_progress',
    });
    expect(hub.server.requests).toBe(0);
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
