import type { ServerResponse } from 'node:http';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { refreshConnection } from '#lib/connections/refresh';
import { revokeConnection } from '#lib/connections/revoke';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { vendToken } from '#lib/connections/vend-token';
import { type Context, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, entries, plainRecord, rowOf } from '#tests/hub';
import { startTokenServer, type TokenServer } from '#tests/servers/token-server';

const database = sharedDatabase();
let server: TokenServer;
let runtime: ReturnType<typeof createRuntime>;
let ctx: Context;
let personId: string;

beforeEach(async () => {
  server = await startTokenServer();
  runtime = createRuntime(database.current, [plainRecord(server.issuer)]);
  ({ id: personId } = await addPerson(runtime));
  ({ ctx } = await addApiKey(runtime));
});

afterEach(async () => {
  await Promise.all(runtime.background);
  await server.close();
});

/** A connection whose access token has ended. */
const expired = (values: { refreshToken?: string; values?: Partial<typeof connections.$inferInsert> } = {}) =>
  addConnection(runtime, {
    personId,
    refreshToken: values.refreshToken ?? server.grant(),
    expiresIn: -5,
    age: 3605,
    ...values,
  });

/** Another process on the same database: a runtime of its own, asked by the same key. */
const otherProcess = (): Context => ({ ...ctx, ...createRuntime(database.current, [plainRecord(server.issuer)]) });

/** Makes the provider wait with its answer after it spent the token. */
function holdAnswer(): { atProvider: Promise<void>; answer: () => void } {
  const arrived = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  server.behaviour.beforeAnswer = () => {
    arrived.resolve();
    return answered.promise;
  };
  return { atProvider: arrived.promise, answer: answered.resolve };
}

const actions = async (id: string) => (await entries(runtime, id)).map(({ action }) => action);
const refreshTokenOf = async (id: string) =>
  runtime.vault.open((await rowOf(runtime, id)).refreshToken ?? '', refreshTokenPlace(id));

describe('a refresh', () => {
  test('brings a live token, once, and is in the ledger before the vend', async () => {
    const id = await expired();
    const token = await vendToken(ctx, { id });
    expect(server.isLive(token.accessToken)).toBe(true);
    expect(token.expiresIn).toBeGreaterThan(3590);
    await vendToken(ctx, { id });
    expect(server.refreshes).toBe(1);
    expect(await actions(id)).toEqual(['token.refreshed', 'token.vended', 'token.vended']);
    expect(await rowOf(runtime, id)).toMatchObject({
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
      const before = server.refreshes;
      await vendToken(ctx, {
        id: await addConnection(runtime, { personId, refreshToken: server.grant(), expiresIn, age }),
      });
      expect([expiresIn, server.refreshes - before]).toEqual([expiresIn, refreshes]);
    }
  });

  test('keeps the old refresh token where none is returned, and replaces it where one is', async () => {
    const refreshToken = server.grant();
    const id = await expired({ refreshToken });
    server.behaviour.rotate = false;
    await vendToken(ctx, { id });
    expect(await refreshTokenOf(id)).toBe(refreshToken);
    server.behaviour.rotate = true;
    await refreshConnection(ctx, { id, force: true });
    expect(await refreshTokenOf(id)).not.toBe(refreshToken);
    await refreshConnection(ctx, { id, force: true });
    expect(server.refreshes).toBe(3);
  });

  test('keeps scopes that the answer does not name, and stores those that shrank', async () => {
    const id = await expired();
    expect((await vendToken(ctx, { id })).scopes).toEqual(['read', 'write']);
    server.behaviour.scope = 'read';
    await refreshConnection(ctx, { id, force: true });
    expect(await vendToken(ctx, { id })).toMatchObject({ scopes: ['read'], missingScopes: ['write'] });
  });

  test('adds what the answer says besides to the extras', async () => {
    runtime = createRuntime(database.current, [{ ...plainRecord(server.issuer), response_fields: ['shard'] }]);
    server.behaviour.extras = { shard: 'eu2', unasked: 'x' };
    const id = await expired({ values: { extras: { tenant: 't1', shard: 'eu1' } } });
    expect((await vendToken({ ...ctx, ...runtime }, { id })).extras).toEqual({ tenant: 't1', shard: 'eu2' });
  });

  test('of a token that lives a second vends one that lives, or says to try again', async () => {
    server.behaviour.expiresIn = 1;
    const id = await expired();
    const token = await vendToken(ctx, { id });
    expect(server.isLive(token.accessToken)).toBe(true);
    server.behaviour.expiresIn = 0;
    await database.db
      .update(connections)
      .set({ accessTokenExpiresAt: sql`now() - interval '1 second'` })
      .where(eq(connections.id, id));
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'provider_unavailable', retryAfterSeconds: 1 });
  });

  test('is refused to people and to keys that may not vend', async () => {
    const id = await expired();
    const reader = await addApiKey(runtime, { scopes: ['connections:read'] });
    const person = await addPerson(runtime);
    for (const other of [reader.ctx, person.ctx(), person.ctx('administrator')]) {
      await expect(refreshConnection(other, { id })).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect(server.requests).toBe(0);
  });
});

describe('many callers, one refresh', () => {
  test('200 callers of one process share one call to the provider', async () => {
    const id = await expired();
    const tokens = await Promise.all(Array.from({ length: 200 }, () => vendToken(ctx, { id })));
    expect(server.requests).toBe(1);
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect((await actions(id)).filter((action) => action === 'token.refreshed')).toHaveLength(1);
  });

  test('callers of three processes share one lease', async () => {
    const id = await expired();
    const processes = [ctx, otherProcess(), otherProcess()];
    const tokens = await Promise.all(Array.from({ length: 60 }, (_, n) => vendToken(processes[n % 3] ?? ctx, { id })));
    expect(server.requests).toBe(1);
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
  });

  test('goes on when the process whose clock is wrong asks', async () => {
    const id = await expired();
    const ahead = { ...otherProcess(), now: () => new Date(Date.now() + 300_000) };
    const behind = { ...otherProcess(), now: () => new Date(Date.now() - 300_000) };
    await Promise.all([vendToken(ahead, { id }), vendToken(behind, { id }), vendToken(ctx, { id })]);
    expect(server.requests).toBe(1);
  });

  test('a lease whose holder died is taken over when it ran out, not before', async () => {
    const id = await expired();
    const [held] = await database.db
      .update(connections)
      .set({ leaseOwner: 'dead', leaseExpiresAt: sql`clock_timestamp() + interval '1 second'` })
      .where(eq(connections.id, id))
      .returning({ until: connections.leaseExpiresAt });
    await vendToken(ctx, { id });
    expect(server.requests).toBe(1);
    const { lastRefreshedAt } = await rowOf(runtime, id);
    expect(lastRefreshedAt?.getTime()).toBeGreaterThanOrEqual(held?.until?.getTime() ?? Number.NaN);
  });

  test('someone who waited gets the token that somebody else stored', async () => {
    const id = await expired();
    const { atProvider, answer } = holdAnswer();
    const first = vendToken(ctx, { id });
    await atProvider;
    const second = vendToken(otherProcess(), { id });
    answer();
    expect((await second).accessToken).toBe((await first).accessToken);
    expect(server.requests).toBe(1);
  });
});

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
const html = (status: number) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end('<h1>Down</h1>');
};

describe('what a failure means', () => {
  const passing: [string, (response: ServerResponse) => void][] = [
    ['500', html(500)],
    ['503 with Retry-After', json(503, { error: 'temporarily_unavailable' }, { 'retry-after': '7' })],
    ['429', json(429, { error: 'slow_down' }, { 'retry-after': '7' })],
    ['a page instead of JSON', html(200)],
    ['nothing', (response) => response.destroy()],
    ['an answer without a token', json(200, { hello: 'world' })],
    ['more than a mebibyte', json(200, { access_token: 'x'.repeat(1_200_000) })],
    ['invalid_grant in the body of a 503', json(503, { error: 'invalid_grant' })],
  ];

  test.each(passing)('%s: the connection stays, and callers may try again', async (_, instead) => {
    const id = await expired();
    server.behaviour.instead = instead;
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'provider_unavailable', status: 503 });
    const row = await rowOf(runtime, id);
    expect(row).toMatchObject({ status: 'connected', leaseOwner: null, generation: 1 });
    expect(row.lastRefreshError).not.toBeNull();
    expect(await actions(id)).toEqual(['token.refresh_failed', 'token.denied']);
    server.behaviour.instead = null;
    expect(server.isLive((await vendToken(ctx, { id })).accessToken)).toBe(true);
  });

  test.each(passing)('%s: not noticed while the present token lives', async (_, instead) => {
    const id = await addConnection(runtime, { personId, refreshToken: server.grant(), expiresIn: 30, age: 3570 });
    server.behaviour.instead = instead;
    expect((await vendToken(ctx, { id })).accessToken).toBe(`at_${id}`);
    expect(server.requests).toBe(1);
  });

  test('Retry-After of the provider is handed on', async () => {
    const id = await expired();
    server.behaviour.instead = json(429, {}, { 'retry-after': '7' });
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ retryAfterSeconds: 7 });
  });

  test('a dead grant needs its person, and the provider is not asked again', async () => {
    const id = await expired({ refreshToken: 'rt_unknown' });
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'needs_reconnect', status: 409 });
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'needs_reconnect' });
    expect(server.requests).toBe(1);
    expect(await rowOf(runtime, id)).toMatchObject({
      status: 'needs_reconnect',
      statusReason: 'invalid_grant',
      leaseOwner: null,
    });
    expect((await entries(runtime, id)).map(({ action, code }) => `${action} ${code}`)).toEqual([
      'token.refresh_failed invalid_grant',
      'connection.needs_reconnect invalid_grant',
      'token.denied needs_reconnect',
      'token.denied needs_reconnect',
    ]);
  });

  test.each(['invalid_client', 'unauthorized_client'])(
    '%s is the configuration’s fault, said at error',
    async (error) => {
      const id = await expired();
      server.behaviour.instead = json(401, { error });
      await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'provider_configuration', status: 503 });
      expect(await rowOf(runtime, id)).toMatchObject({ status: 'connected', leaseOwner: null });
      expect(runtime.logged).toContainEqual(
        expect.objectContaining({ level: 'error', event: 'provider_configuration', connectionId: id }),
      );
    },
  );

  test('a provider that is no longer configured is too', async () => {
    const id = await addConnection(runtime, { personId, provider: 'gone', refreshToken: 'rt', expiresIn: -1 });
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'provider_configuration' });
    expect(await rowOf(runtime, id)).toMatchObject({ status: 'connected', leaseOwner: null });
  });
});

describe('races', () => {
  /** Runs `meanwhile` after the provider spent the token and before its answer is read. */
  const during = (meanwhile: () => Promise<unknown>) => {
    server.behaviour.beforeAnswer = async () => {
      server.behaviour.beforeAnswer = async () => {};
      await meanwhile();
    };
  };

  test('revoked during the refresh: not vended, stays revoked, and the newest grant is what awaits revocation', async () => {
    const refreshToken = server.grant();
    const id = await expired({ refreshToken });
    during(() => revokeConnection(systemContext(runtime, 'test'), { id }));
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'revoked' });
    const row = await rowOf(runtime, id);
    expect(row).toMatchObject({ status: 'revoked', leaseOwner: null });
    expect(await refreshTokenOf(id)).not.toBe(refreshToken);
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'revoked' });
  });

  test('revoked and already ended at the provider: nothing of the answer is kept', async () => {
    const id = await expired();
    during(() =>
      database.db
        .update(connections)
        .set({ status: 'revoked', accessToken: null, refreshToken: null, leaseOwner: null, leaseExpiresAt: null })
        .where(eq(connections.id, id)),
    );
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'revoked' });
    expect(await rowOf(runtime, id)).toMatchObject({ status: 'revoked', accessToken: null, refreshToken: null });
  });

  test('reconnected during the refresh: the newer grant stays', async () => {
    const id = await expired();
    const newest = server.grant();
    const sealed = await runtime.vault.seal(newest, refreshTokenPlace(id));
    during(() =>
      database.db
        .update(connections)
        .set({ generation: 2, refreshToken: sealed, leaseOwner: null, leaseExpiresAt: null })
        .where(eq(connections.id, id)),
    );
    await refreshConnection(ctx, { id });
    expect(await rowOf(runtime, id)).toMatchObject({ generation: 2, refreshToken: sealed, status: 'connected' });
  });

  test('a dead answer that another’s refresh explains marks nothing', async () => {
    const id = await expired();
    server.behaviour.instead = (response) => {
      server.behaviour.instead = null;
      database.db
        .update(connections)
        .set({ generation: 2, accessTokenExpiresAt: sql`now() + interval '1 hour'` })
        .where(eq(connections.id, id))
        .then(() => json(400, { error: 'invalid_grant' })(response));
    };
    await refreshConnection(ctx, { id });
    expect(await rowOf(runtime, id)).toMatchObject({ status: 'connected', generation: 2, leaseOwner: null });
    expect(await actions(id)).toEqual([]);
  });

  test('an answer that comes after its lease ran out is stored, unless a newer token is there', async () => {
    const id = await expired();
    during(() =>
      database.db
        .update(connections)
        .set({ leaseOwner: 'other', leaseExpiresAt: sql`clock_timestamp() + interval '30 seconds'` })
        .where(eq(connections.id, id)),
    );
    await refreshConnection(ctx, { id });
    expect(await rowOf(runtime, id)).toMatchObject({ generation: 2, leaseOwner: 'other', status: 'connected' });
  });

  test('a holder that died while the token was being spent leaves answer_lost, which a dead answer then means', async () => {
    const spent = server.grant();
    server.revoke(spent);
    const id = await expired({
      refreshToken: spent,
      values: { leaseOwner: 'dead', leaseExpiresAt: new Date(0), lastRefreshError: 'answer_lost' },
    });
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'needs_reconnect' });
    expect(await rowOf(runtime, id)).toMatchObject({ status: 'needs_reconnect', statusReason: 'answer_lost' });
  });

  test('the row says answer_lost exactly from before the token is spent until the answer is stored', async () => {
    const id = await expired();
    let seen: string | null | undefined;
    during(async () => {
      seen = (await rowOf(runtime, id)).lastRefreshError;
    });
    await refreshConnection(ctx, { id });
    expect([seen, (await rowOf(runtime, id)).lastRefreshError]).toEqual(['answer_lost', null]);
  });
});

test('draining waits for a refresh whose caller has gone', async () => {
  const id = await expired();
  const { atProvider, answer } = holdAnswer();
  const vend = vendToken(ctx, { id });
  await atProvider;
  expect(ctx.background.size).toBe(1);
  answer();
  await Promise.all(ctx.background);
  expect(await rowOf(runtime, id)).toMatchObject({ generation: 2, leaseOwner: null });
  await vend;
});
