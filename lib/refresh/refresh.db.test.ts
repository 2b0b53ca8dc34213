import { eq, sql } from 'drizzle-orm';
import { describe, expect, test, vi } from 'vitest';
import { connections } from '#lib/db/schema/connections';
import { refreshConnection } from '#lib/refresh/refresh';
import { vendToken } from '#lib/tokens/vend-token';
import { addApiKey, addConnection, addPerson, rowOf } from '#tests/hub';
import { refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

describe('a refresh', () => {
  test('brings a live token, once, and is in the ledger before the vend', async () => {
    const id = await hub.expired();
    const token = await vendToken(hub.ctx, { id });
    expect(hub.server.isLive(token.accessToken)).toBe(true);
    expect(token.expiresIn).toBeGreaterThan(3590);
    await vendToken(hub.ctx, { id });
    expect(hub.server.refreshes).toBe(1);
    expect(await hub.actions(id)).toEqual(['token.refreshed', 'token.vended', 'token.vended']);
    expect(await rowOf(hub.runtime, id)).toMatchObject({
      generation: 2,
      leaseOwner: null,
      leaseExpiresAt: null,
      lastRefreshError: null,
      lastRefreshedAt: expect.any(Date),
    });
  });

  test('comes before the end: with less than a minute or a tenth of its life left', async () => {
    const rows: [number, number, number][] = [
      // seconds left, age, refreshes
      [59, 3541, 1],
      [75, 3525, 0],
      [9, 91, 1],
      [15, 85, 0],
    ];
    for (const [expiresIn, age, refreshes] of rows) {
      const before = hub.server.refreshes;
      await vendToken(hub.ctx, {
        id: await addConnection(hub.runtime, {
          personId: hub.personId,
          refreshToken: hub.server.grant(),
          expiresIn,
          age,
        }),
      });
      expect([expiresIn, hub.server.refreshes - before]).toEqual([expiresIn, refreshes]);
    }
  });

  test('keeps the old refresh token where none is returned, and replaces it where one is', async () => {
    const refreshToken = hub.server.grant();
    const id = await hub.expired({ refreshToken });
    hub.server.behaviour.rotate = false;
    await vendToken(hub.ctx, { id });
    expect(await hub.refreshTokenOf(id)).toBe(refreshToken);
    hub.server.behaviour.rotate = true;
    await refreshConnection(hub.ctx, { id, force: true });
    expect(await hub.refreshTokenOf(id)).not.toBe(refreshToken);
    await refreshConnection(hub.ctx, { id, force: true });
    expect(hub.server.refreshes).toBe(3);
  });

  test('keeps scopes that the answer does not name, and stores those that shrank', async () => {
    const id = await hub.expired();
    expect((await vendToken(hub.ctx, { id })).scopes).toEqual(['read', 'write']);
    hub.server.behaviour.scope = 'read';
    await refreshConnection(hub.ctx, { id, force: true });
    expect(await vendToken(hub.ctx, { id })).toMatchObject({ scopes: ['read'], missingScopes: ['write'] });
  });

  test('adds what the answer says besides to the extras', async () => {
    hub.server.behaviour.extras = { shard: 'eu2', unasked: 'x' };
    const id = await hub.expired({ values: { extras: { tenant: 't1', shard: 'eu1' } } });
    const asking = hub.otherProcess({ response_fields: ['shard'] });
    expect((await vendToken(asking, { id })).extras).toEqual({ tenant: 't1', shard: 'eu2' });
  });

  test('of a token that lives a second vends one that lives, or says to try again', async () => {
    hub.server.behaviour.expiresIn = 1;
    const id = await hub.expired();
    const token = await vendToken(hub.ctx, { id });
    expect(hub.server.isLive(token.accessToken)).toBe(true);
    hub.server.behaviour.expiresIn = 0;
    await hub.database.db
      .update(connections)
      .set({
        accessTokenIssuedAt: sql`now() - interval '2 seconds'`,
        accessTokenExpiresAt: sql`now() - interval '1 second'`,
      })
      .where(eq(connections.id, id));
    await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({
      code: 'provider_unavailable',
      retryAfterSeconds: 1,
    });
  });

  test('learns the life of a token whose answer has none: by introspection, else by the last one, else by the record’s default', async () => {
    hub.server.behaviour.expiresIn = null;
    const lifeWith = async (record: Record<string, unknown>, values: Partial<typeof connections.$inferInsert> = {}) => {
      const [ctx, id] = [hub.otherProcess(record), await hub.expired({ values })];
      await refreshConnection(ctx, { id, force: true });
      const { expiresIn } = await vendToken(ctx, { id });
      return expiresIn === null ? null : Math.ceil(expiresIn / 100) * 100;
    };
    const unknown = { accessTokenExpiresAt: null };
    const probe = { expiry_probe: 'introspect', introspection_endpoint: `${hub.server.issuer}/introspect` };
    hub.server.behaviour.introspectedLife = 900;
    expect(await lifeWith({ ...probe, expires_default: 600 })).toBe(900);
    hub.server.behaviour.introspectedLife = null;
    for (const record of [{ ...probe, expires_default: 600 }, { expires_default: 600 }]) {
      expect(await lifeWith(record, unknown)).toBe(600);
      // Its last token lived for an hour: that was learnt.
      expect(await lifeWith(record)).toBe(3600);
    }
    expect(await lifeWith({})).toBe(3600);
    expect(await lifeWith({}, unknown)).toBeNull();
  });

  test('is refused to people and to keys that may not vend', async () => {
    const id = await hub.expired();
    const reader = await addApiKey(hub.runtime, { scopes: ['connections:read'] });
    const person = await addPerson(hub.runtime);
    for (const other of [reader.ctx, person.ctx(), person.ctx('administrator')]) {
      await expect(refreshConnection(other, { id })).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect(hub.server.requests).toBe(0);
  });
});

describe('many callers, one refresh', () => {
  test('200 callers of one process share one call to the provider', async () => {
    const id = await hub.expired();
    const tokens = await Promise.all(Array.from({ length: 200 }, () => vendToken(hub.ctx, { id })));
    expect(hub.server.requests).toBe(1);
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect((await hub.actions(id)).filter((action) => action === 'token.refreshed')).toHaveLength(1);
  });

  test('callers of three processes share one lease', async () => {
    const id = await hub.expired();
    const processes = [hub.ctx, hub.otherProcess(), hub.otherProcess()];
    const tokens = await Promise.all(
      Array.from({ length: 60 }, (_, n) => vendToken(processes[n % 3] ?? hub.ctx, { id })),
    );
    expect(hub.server.requests).toBe(1);
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
  });

  test('goes on when the process whose clock is wrong asks', async () => {
    const id = await hub.expired();
    const ahead = { ...hub.otherProcess(), now: () => new Date(Date.now() + 300_000) };
    const behind = { ...hub.otherProcess(), now: () => new Date(Date.now() - 300_000) };
    await Promise.all([vendToken(ahead, { id }), vendToken(behind, { id }), vendToken(hub.ctx, { id })]);
    expect(hub.server.requests).toBe(1);
  });

  test('a lease whose holder died is taken over when it ran out, not before', async () => {
    const id = await hub.expired();
    const [held] = await hub.database.db
      .update(connections)
      .set({ leaseOwner: 'dead', leaseExpiresAt: sql`clock_timestamp() + interval '1 second'` })
      .where(eq(connections.id, id))
      .returning({ until: connections.leaseExpiresAt });
    await vendToken(hub.ctx, { id });
    expect(hub.server.requests).toBe(1);
    const { lastRefreshedAt } = await rowOf(hub.runtime, id);
    expect(lastRefreshedAt?.getTime()).toBeGreaterThanOrEqual(held?.until?.getTime() ?? Number.NaN);
  });

  test('two processes that are told to refresh at once do it once', async () => {
    const id = await addConnection(hub.runtime, { personId: hub.personId, refreshToken: hub.server.grant() });
    const { generation } = await rowOf(hub.runtime, id);
    const processes = [hub.ctx, hub.otherProcess(), hub.otherProcess()];
    await Promise.all(processes.map((asking) => refreshConnection(asking, { id, force: true, generation })));
    expect(hub.server.requests).toBe(1);
  });

  test('waiting for another process has an end, with when to come back', async () => {
    const id = await hub.expired({ values: { leaseOwner: 'busy', leaseExpiresAt: new Date(Date.now() + 60_000) } });
    // Only the clock of the patience is moved; the waiting itself is real.
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const vend = vendToken(hub.ctx, { id });
      vend.catch(() => {});
      await expect.poll(() => hub.ctx.background.size).toBe(1);
      vi.advanceTimersByTime(13_000);
      await expect(vend).rejects.toMatchObject({ code: 'refresh_in_progress', status: 503, retryAfterSeconds: 2 });
    } finally {
      vi.useRealTimers();
    }
    expect(hub.server.requests).toBe(0);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ leaseOwner: 'busy', status: 'connected' });
  });

  test('someone who waited gets the token that somebody else stored', async () => {
    const id = await hub.expired();
    const { atProvider, answer } = hub.holdAnswer();
    const first = vendToken(hub.ctx, { id });
    await atProvider;
    const second = vendToken(hub.otherProcess(), { id });
    answer();
    expect((await second).accessToken).toBe((await first).accessToken);
    expect(hub.server.requests).toBe(1);
  });
});

test('draining waits for a refresh whose caller has gone', async () => {
  const id = await hub.expired();
  const { atProvider, answer } = hub.holdAnswer();
  const vend = vendToken(hub.ctx, { id });
  await atProvider;
  expect(hub.ctx.background.size).toBe(1);
  answer();
  await Promise.all(hub.ctx.background);
  expect(await rowOf(hub.runtime, id)).toMatchObject({ generation: 2, leaseOwner: null });
  await vend;
});

test('a refresh token is not shown to another authorization server than the one that gave it', async () => {
  const id = await hub.expired({ values: { issuer: 'https://before.example' } });
  await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'provider_configuration' });
  expect(hub.server.requests).toBe(0);
  expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected', leaseOwner: null });
});
