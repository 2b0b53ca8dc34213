import { createHash } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import type { AppError } from '#lib/errors';
import { revokeConnection } from '#lib/revocation/revoke';
import { vendToken } from '#lib/tokens/vend-token';
import { addConnection, entries, freeze, rowOf } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

const fingerprint = (token: string) => createHash('sha256').update(token).digest('base64');

/** A connection with a token that has an hour to live by the row. */
const withRefreshToken = () =>
  addConnection(hub.runtime, { personId: hub.personId, refreshToken: hub.server.grant(), expiresIn: 3600 });
const without = (accessToken?: string) =>
  addConnection(hub.runtime, { personId: hub.personId, expiresIn: null, ...(accessToken ? { accessToken } : {}) });

const reject = (id: string, token: string, ctx = hub.ctx) =>
  vendToken(ctx, { id, rejectedTokenFingerprint: fingerprint(token) });

/** The last refresh, forced or not, was as long ago as it must be until the next is forced. */
const halfAMinutePasses = (id: string) =>
  hub.database.db
    .update(connections)
    .set({
      lastRefreshedAt: sql`${connections.lastRefreshedAt} - interval '30 seconds'`,
      forcedAt: sql`${connections.forcedAt} - interval '30 seconds'`,
    })
    .where(eq(connections.id, id));

describe('A-11 a key that reports each token that it is given', () => {
  test('gets one refresh in half a minute, at all processes together, then when to come back', async () => {
    const id = await withRefreshToken();
    const processes = [hub.ctx, hub.otherProcess(), hub.otherProcess()];
    const { accessToken } = await reject(id, `at_${id}`);
    for (let n = 0; n < 9; n++) {
      const refused = await reject(id, accessToken, processes[n % 3]).catch((error: unknown) => error);
      expect(refused).toMatchObject({
        code: 'refreshed_lately',
        status: 409,
        retryAfterSeconds: expect.any(Number),
        tokenFingerprint: fingerprint(accessToken),
      });
      expect((refused as AppError).retryAfterSeconds).toBeLessThanOrEqual(30);
    }
    expect(hub.server.requests).toBe(1);
    expect((await vendToken(hub.ctx, { id })).accessToken).toBe(accessToken);
    await halfAMinutePasses(id);
    const next = await reject(id, accessToken);
    expect(next.accessToken).not.toBe(accessToken);
    expect(hub.server.requests).toBe(2);
  });

  test('gets none for a token that was refreshed just now, however that came about', async () => {
    const id = await hub.expired();
    const { accessToken } = await vendToken(hub.ctx, { id });
    await expect(reject(id, accessToken)).rejects.toMatchObject({ code: 'refreshed_lately' });
    expect(hub.server.requests).toBe(1);
  });

  test.each([
    [503, 'temporarily_unavailable', 'refreshed_lately'],
    [400, 'invalid_request', 'grant_in_doubt'],
  ])('asks a provider that fails with %d %s no more often either', async (status, error, code) => {
    const id = await withRefreshToken();
    hub.server.behaviour.instead = json(status, { error });
    await expect(reject(id, `at_${id}`)).rejects.toMatchObject({ status: 503 });
    for (let n = 0; n < 5; n++) await expect(reject(id, `at_${id}`)).rejects.toMatchObject({ code });
    expect(hub.server.requests).toBe(1);
  });

  test('asks no more often about a token that cannot be refreshed', async () => {
    const id = await without();
    hub.server.behaviour.userinfoStatus = 200;
    for (let n = 0; n < 5; n++) expect((await reject(id, `at_${id}`)).accessToken).toBe(`at_${id}`);
    expect(hub.server.lookups).toBe(1);
  });

  test('is not kept from it by a clock that was ahead', async () => {
    const id = await withRefreshToken();
    await hub.database.db
      .update(connections)
      .set({ lastRefreshedAt: sql`now() + interval '2 days'` })
      .where(eq(connections.id, id));
    expect(hub.server.isLive((await reject(id, `at_${id}`)).accessToken)).toBe(true);
  });
});

describe('a token that the provider refused', () => {
  test('is refreshed where it is the stored one', async () => {
    const id = await withRefreshToken();
    const { accessToken } = await reject(id, `at_${id}`);
    expect(hub.server.isLive(accessToken)).toBe(true);
    expect(await hub.actions(id)).toEqual(['token.refreshed', 'token.vended']);
  });

  test('is answered with the newer one where there is one already', async () => {
    const id = await withRefreshToken();
    const { accessToken } = await reject(id, `at_${id}`);
    expect((await reject(id, `at_${id}`)).accessToken).toBe(accessToken);
    expect(hub.server.requests).toBe(1);
  });

  test('is refreshed once however many callers report it, in any process', async () => {
    const id = await withRefreshToken();
    const processes = [hub.ctx, hub.otherProcess(), hub.otherProcess()];
    const tokens = await Promise.all(Array.from({ length: 30 }, (_, n) => reject(id, `at_${id}`, processes[n % 3])));
    expect(hub.server.requests).toBe(1);
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
  });

  test('is not answered by the refresh of the one before, which is not over yet', async () => {
    hub.server.behaviour.expiresIn = null;
    hub.server.behaviour.introspectedLife = 900;
    const probe = { expiry_probe: 'introspect', introspection_endpoint: `${hub.server.issuer}/introspect` };
    const process = hub.otherProcess(probe);
    const stored = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const slow: typeof fetch = async (input, init) => {
      if (!String(input).endsWith('/introspect')) return process.fetch(input, init);
      stored.resolve();
      await answer.promise;
      return process.fetch(input, init);
    };
    const id = await withRefreshToken();
    const first = reject(id, `at_${id}`, { ...process, fetch: slow });
    await stored.promise;
    const { accessToken } = await vendToken(process, { id });
    await halfAMinutePasses(id);
    const next = await reject(id, accessToken, process);
    expect(next.accessToken).not.toBe(accessToken);
    answer.resolve();
    expect((await first).accessToken).toBe(next.accessToken);
    expect(hub.server.requests).toBe(2);
  });

  test('is not vended again while it cannot be refreshed', async () => {
    const id = await withRefreshToken();
    hub.server.behaviour.instead = json(503, {}, { 'retry-after': '9' });
    await expect(reject(id, `at_${id}`)).rejects.toMatchObject({ code: 'provider_unavailable', retryAfterSeconds: 9 });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected' });
  });

  test('without a refresh token needs its person, once the provider has said that it is over', async () => {
    const id = await without();
    await expect(reject(id, `at_${id}`)).rejects.toMatchObject({ code: 'needs_reconnect' });
    expect(hub.server.lookups).toBe(1);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'needs_reconnect', statusReason: 'token_rejected' });
    expect((await entries(hub.runtime, id)).map(({ action, code }) => [action, code])).toEqual([
      ['connection.needs_reconnect', 'token_rejected'],
      ['token.denied', 'needs_reconnect'],
    ]);
  });

  test.each([200, 403, 404, 429, 500])(
    'without a refresh token is vended where the provider answers %i',
    async (status) => {
      const id = await without();
      hub.server.behaviour.userinfoStatus = status;
      expect((await reject(id, `at_${id}`)).accessToken).toBe(`at_${id}`);
      expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected' });
    },
  );

  test('without a refresh token is vended where the record knows no call to ask by', async () => {
    const id = await without();
    const ctx = hub.otherProcess({
      identity: { source: 'token_answer', subject: 'sub', issuer: 'https://acme.example' },
    });
    expect((await reject(id, `at_${id}`, ctx)).accessToken).toBe(`at_${id}`);
    expect(hub.server.lookups).toBe(0);
  });

  test.each([
    ['revoked', async (id: string) => void (await revokeConnection(systemContext(hub.runtime, 'test'), { id }))],
    ['frozen', (id: string) => freeze(hub.runtime, 'connection', id)],
  ])('is not vended where the connection is %s while the provider is asked', async (code, happens) => {
    const id = await without();
    hub.server.behaviour.userinfoStatus = 200;
    const lookups: number[] = [];
    const meanwhile: typeof fetch = async (...request) => {
      const answer = await hub.ctx.fetch(...request);
      // Asked before anything happens: a revocation goes on to try the token by itself.
      lookups.push(hub.server.lookups);
      await happens(id);
      return answer;
    };
    await expect(reject(id, `at_${id}`, { ...hub.ctx, fetch: meanwhile })).rejects.toMatchObject({ code });
    expect(lookups).toEqual([1]);
  });

  test('means nothing where it is another one', async () => {
    for (const id of [await withRefreshToken(), await without()]) {
      expect((await reject(id, 'at_of_somebody_else')).accessToken).toBe(`at_${id}`);
    }
    expect([hub.server.requests, hub.server.lookups]).toEqual([0, 0]);
  });
});

test.each(['', 'x', fingerprint('a').slice(0, -1), `${fingerprint('a')}=`])('%j is no fingerprint', async (text) => {
  const id = await without();
  await expect(vendToken(hub.ctx, { id, rejectedTokenFingerprint: text })).rejects.toMatchObject({
    code: 'invalid_request',
  });
});
