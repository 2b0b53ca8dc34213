import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { refreshConnection } from '#lib/refresh/refresh';
import { vendToken } from '#lib/tokens/vend-token';
import { addConnection, entries, rowOf } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

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
    const id = await hub.expired();
    hub.server.behaviour.instead = instead;
    await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'provider_unavailable', status: 503 });
    const row = await rowOf(hub.runtime, id);
    expect(row).toMatchObject({ status: 'connected', leaseOwner: null, generation: 1 });
    expect(row.lastRefreshError).not.toBeNull();
    expect(await hub.actions(id)).toEqual(['token.refresh_failed', 'token.denied']);
    hub.server.behaviour.instead = null;
    expect(hub.server.isLive((await vendToken(hub.ctx, { id })).accessToken)).toBe(true);
  });

  test.each(passing)('%s: not noticed while the present token lives', async (_, instead) => {
    const id = await addConnection(hub.runtime, {
      personId: hub.personId,
      refreshToken: hub.server.grant(),
      expiresIn: 30,
      age: 3570,
    });
    hub.server.behaviour.instead = instead;
    expect((await vendToken(hub.ctx, { id })).accessToken).toBe(`at_${id}`);
    expect(hub.server.requests).toBe(1);
  });

  test('Retry-After of the provider is handed on', async () => {
    const id = await hub.expired();
    hub.server.behaviour.instead = json(429, {}, { 'retry-after': '7' });
    await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ retryAfterSeconds: 7 });
  });

  test('a dead grant, at the second refusal, needs its person, and the provider is not asked again', async () => {
    const id = await hub.refusedBefore(await hub.expired({ refreshToken: 'rt_unknown' }));
    await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'needs_reconnect', status: 409 });
    await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'needs_reconnect' });
    expect(hub.server.requests).toBe(1);
    expect(await rowOf(hub.runtime, id)).toMatchObject({
      status: 'needs_reconnect',
      statusReason: 'ended_at_provider',
      leaseOwner: null,
    });
    expect((await entries(hub.runtime, id)).map(({ action, code }) => `${action} ${code}`)).toEqual([
      'token.refresh_failed invalid_grant',
      'connection.needs_reconnect ended_at_provider',
      'token.denied needs_reconnect',
      'token.denied needs_reconnect',
    ]);
  });

  test.each(['invalid_client', 'incorrect_client_credentials'])(
    '%s is the configuration’s fault, said at error',
    async (error) => {
      const id = await hub.expired();
      hub.server.behaviour.instead = json(401, { error });
      await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'provider_configuration', status: 503 });
      expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected', leaseOwner: null });
      expect(hub.runtime.logged).toContainEqual(
        expect.objectContaining({ level: 'error', event: 'provider_configuration', connection: id }),
      );
    },
  );

  test('a provider that is no longer configured is too', async () => {
    const id = await addConnection(hub.runtime, {
      personId: hub.personId,
      provider: 'gone',
      refreshToken: 'rt',
      expiresIn: -1,
    });
    await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'provider_configuration' });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected', leaseOwner: null });
  });
});

test('F-18 a fault of our own after the provider answered counts as a lost answer, and its death is then no theft', async () => {
  const id = await hub.expired();
  const seal = () => Promise.reject(new Error('a fault of our own'));
  const faulty = { ...hub.ctx, vault: { ...hub.ctx.vault, seal } };
  await expect(refreshConnection(faulty, { id })).rejects.toThrow('a fault of our own');
  expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected', lastRefreshError: 'answer_lost' });
  await expect(refreshConnection(hub.ctx, { id, force: true })).rejects.toMatchObject({ code: 'needs_reconnect' });
  expect(await rowOf(hub.runtime, id)).toMatchObject({ statusReason: 'answer_lost' });
  expect(await hub.actions(id)).not.toContain('token.theft_suspected');
});
