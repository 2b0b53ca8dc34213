import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import type { connections } from '#lib/db/schema/connections';
import { isAppError } from '#lib/errors';
import { type VendedToken, vendToken } from '#lib/tokens/vend-token';
import { addConnection, rowOf } from '#tests/hub';
import { wait } from '#tests/random';
import { refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

const fingerprint = (token: string) => createHash('sha256').update(token).digest('base64');

async function databaseClock(): Promise<number> {
  const found = await hub.database.db.execute(sql`select extract(epoch from clock_timestamp())::float8 * 1000 as now`);
  return rowsOf<{ now: number }>(found)[0]?.now ?? Number.NaN;
}

/**
 * A vend that may end in two ways: with a token that lived when it was asked for, by the database's clock, or with a 503
 * that says when to come back.
 */
async function liveOrLater(ctx: Context, input: Parameters<typeof vendToken>[1]): Promise<VendedToken | 'later'> {
  const from = await databaseClock();
  try {
    const token = await vendToken(ctx, input);
    expect(hub.server.isLive(token.accessToken)).toBe(true);
    if (token.expiresAt) {
      expect(token.expiresAt.getTime()).toBeGreaterThan(from);
      expect(token.expiresIn).toBeGreaterThanOrEqual(0);
    }
    return token;
  } catch (error) {
    if (!isAppError(error)) throw error;
    expect(error).toMatchObject({ status: 503, retryAfterSeconds: expect.any(Number) });
    expect(error.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(['provider_unavailable', 'refresh_in_progress']).toContain(error.code);
    return 'later';
  }
}

/** Everything that was spent was the newest token, is stored, and goes on. */
async function expectUnburnt(id: string): Promise<void> {
  expect(hub.server.requests).toBe(hub.server.refreshes);
  expect(hub.server.accepts(await hub.refreshTokenOf(id))).toBe(true);
  expect(await rowOf(hub.runtime, id)).toMatchObject({
    status: 'connected',
    leaseOwner: null,
    lastRefreshError: null,
    generation: 1 + hub.server.refreshes,
  });
}

describe.each([
  ['that rotates', true],
  ['that does not', false],
])('tokens of one second, of a provider %s', (_, rotate) => {
  test('callers one after the other, for three lives: each gets a living one', async () => {
    Object.assign(hub.server.behaviour, { expiresIn: 1, rotate });
    const id = await hub.expired();
    const seen = new Set<string>();
    let vends = 0;
    for (; seen.size < 3; vends++) {
      const vended = await liveOrLater(hub.ctx, { id });
      if (vended !== 'later') seen.add(vended.accessToken);
      // The life is what must pass here, so it does.
      await wait(50);
    }
    // One for a life, and one more where a caller found it over between its refresh and its read.
    expect(hub.server.refreshes).toBeLessThanOrEqual(2 * vends);
    await expectUnburnt(id);
  });

  test('50 callers of two processes at once: each gets a living one, or when to come back', async () => {
    Object.assign(hub.server.behaviour, { expiresIn: 1, rotate });
    const id = await hub.expired();
    const processes = [hub.ctx, hub.otherProcess()];
    const vended = await Promise.all(
      Array.from({ length: 50 }, (__, n) => liveOrLater(processes[n % 2] ?? hub.ctx, { id })),
    );
    expect(vended).toHaveLength(50);
    // Not each refreshes for itself. How many lives pass meanwhile is a matter of the machine.
    expect(hub.server.refreshes).toBeLessThan(50);
    await expectUnburnt(id);
    await expect.poll(() => liveOrLater(hub.ctx, { id })).not.toBe('later');
  });
});

describe('a token that is over before it can be used', () => {
  test.each([0, 0.4, '0'])('expires_in %j: when to come back, after two refreshes at most', async (expires_in) => {
    hub.server.behaviour.extras = { expires_in: expires_in as string };
    const id = await hub.expired();
    expect(await liveOrLater(hub.ctx, { id })).toBe('later');
    expect(hub.server.refreshes).toBeLessThanOrEqual(2);
    await expectUnburnt(id);
  });

  test('an answer that takes longer than its token lives', async () => {
    hub.server.behaviour.expiresIn = 1;
    hub.server.behaviour.beforeAnswer = () => wait(1200);
    const id = await hub.expired();
    expect(await liveOrLater(hub.ctx, { id })).toBe('later');
    expect(hub.server.refreshes).toBe(2);
    await expectUnburnt(id);
  });

  test('the one that replaces a refused token', async () => {
    hub.server.behaviour.expiresIn = 0;
    const id = await addConnection(hub.runtime, { personId: hub.personId, refreshToken: hub.server.grant() });
    const rejectedTokenFingerprint = fingerprint(`at_${id}`);
    expect(await liveOrLater(hub.ctx, { id, rejectedTokenFingerprint })).toBe('later');
    await expectUnburnt(id);
  });

  test('F-18 one that ends while its entry is being committed has that entry, and no second one', async () => {
    hub.server.behaviour.expiresIn = 1;
    const id = await hub.expired();
    const { vends } = hub.ctx;
    const slow = { ...vends, add: (row: Parameters<typeof vends.add>[0]) => wait(1100).then(() => vends.add(row)) };
    expect(await liveOrLater({ ...hub.ctx, vends: slow }, { id })).toBe('later');
    await expectUnburnt(id);
    const told = (await hub.actions(id)).filter((action) => action === 'token.vended' || action === 'token.denied');
    expect(told).toEqual(['token.vended']);
  });
});

test.each<[string, Partial<typeof connections.$inferInsert>, object]>([
  ['the last token’s life is taken', {}, { expiresAt: expect.any(Date) }],
  [
    'where there was none either, the token is vended until it is refused',
    { accessTokenIssuedAt: sql`clock_timestamp()` as unknown as Date },
    { expiresAt: null, expiresIn: null },
  ],
])('a life below zero is no life known: %s', async (_, values, told) => {
  hub.server.behaviour.expiresIn = -1;
  const id = await hub.expired({ values });
  expect(await liveOrLater(hub.ctx, { id })).toMatchObject(told);
  await liveOrLater(hub.ctx, { id });
  expect(hub.server.refreshes).toBe(1);
});
