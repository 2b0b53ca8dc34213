import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { takeTallies } from '#lib/oauth/client-secrets';
import { introspectToken } from '#lib/oauth/introspect-token';
import type { OAuthError } from '#lib/oauth/oauth-error';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { revokeGrant } from '#lib/oauth/revoke-token';
import { depsFor, pinnedOf, quirkyRecord, runExchange } from '#tests/servers/quirky-provider';
import { type QuirkyServer, quirkyServer, type Reply, type SeenRequest } from '#tests/servers/quirky-server';

const current = 'the~new+secret';
const previous = 'the~old+secret';

/** Where a request shows its secret, by the way of the record. */
const ways = {
  client_secret_basic: {
    record: { token_endpoint_auth_method: 'client_secret_basic', basic_encoding: 'raw' },
    shown: ({ headers }: SeenRequest) =>
      Buffer.from(headers.authorization?.replace(/^Basic /, '') ?? '', 'base64')
        .toString()
        .replace(/^[^:]*:/, ''),
  },
  client_secret_post: {
    record: { token_endpoint_auth_method: 'client_secret_post' },
    shown: ({ body }: SeenRequest) => new URLSearchParams(body).get('client_secret'),
  },
  'client_secret_post in JSON': {
    record: { token_endpoint_auth_method: 'client_secret_post', token_request_format: 'json' },
    shown: ({ body }: SeenRequest) => (body.startsWith('{') ? JSON.parse(body).client_secret : ''),
  },
  'a parameter with a name of the server': {
    record: { token_endpoint_auth_method: 'client_secret_post', token_param_names: { client_secret: 'app_key' } },
    shown: ({ body }: SeenRequest) => new URLSearchParams(body).get('app_key'),
  },
} as const;
type Way = keyof typeof ways;

/** What was counted of each secret since the last call. */
function takeTally(record: Parameters<typeof takeTallies>[0]) {
  const taken = takeTallies(record);
  const of = (text: string) => {
    const { uses = 0, refusals = 0 } = taken.find(({ secret }) => secret.reveal() === text) ?? {};
    return { uses, refusals };
  };
  return { current: of(current), previous: of(previous) };
}

const unknownClient = { status: 401, json: { error: 'invalid_client' } };

/** A server that takes these secrets, at its three endpoints. */
function listenFor(server: QuirkyServer, way: Way, taken: readonly string[], refusal: Reply = unknownClient) {
  const unless = (json: unknown) => (request: SeenRequest) =>
    taken.includes(String(ways[way].shown(request))) ? { json } : refusal;
  server.on('POST /token', unless({ access_token: 'at', token_type: 'bearer', refresh_token: 'rt' }));
  server.on('POST /revoke', unless({}));
  server.on('POST /introspect', unless({ active: true }));
}

const recordAt = (server: QuirkyServer, fields: Record<string, unknown>) =>
  quirkyRecord(server, {
    id: `q${randomUUID()}`.slice(0, 36),
    client_secret: current,
    client_secret_previous: previous,
    ...fields,
  });

/** Every call of a client. */
async function callAll(record: ReturnType<typeof recordAt>, server: QuirkyServer, deps = depsFor(record)) {
  const pinned = pinnedOf(server);
  await runExchange(record, pinned, deps);
  await refreshGrant(record, pinned, { refreshToken: 'rt' }, deps);
  await introspectToken(record, pinned, { token: 'at' }, deps);
  await revokeGrant(record, pinned, { accessToken: 'at', refreshToken: 'rt' }, deps);
}

describe('a client secret is rotated', () => {
  describe.each(Object.keys(ways) as Way[])('%s', (way) => {
    const start = async (taken: readonly string[], refusal?: Reply) => {
      const server = await quirkyServer();
      listenFor(server, way, taken, refusal);
      return { server, record: recordAt(server, ways[way].record) };
    };

    test('both live: only the current one is shown', async () => {
      const { server, record } = await start([current, previous]);
      await callAll(record, server);
      expect(server.seen).toHaveLength(4);
      expect(takeTally(record)).toEqual({ current: { uses: 4, refusals: 0 }, previous: { uses: 0, refusals: 0 } });
    });

    test('the server knows only the previous one yet: every call works, and one request more finds that out', async () => {
      const { server, record } = await start([previous]);
      await callAll(record, server);
      const tally = takeTally(record);
      expect(tally.previous).toEqual({ uses: 4, refusals: 0 });
      expect(tally.current.uses).toBe(0);
      // HTTP Basic has two encodings of the refused secret.
      expect(server.seen).toHaveLength(way === 'client_secret_basic' ? 6 : 5);
    });

    test('after five minutes the current one is tried again, and stays once it works', async () => {
      const { server, record } = await start([previous]);
      await callAll(record, server);
      listenFor(server, way, [current, previous]);
      takeTally(record);
      const later = Date.now() + 5 * 60_000 + 1000;
      await callAll(record, server, { ...depsFor(record), now: () => new Date(later) });
      expect(takeTally(record)).toEqual({ current: { uses: 4, refusals: 0 }, previous: { uses: 0, refusals: 0 } });
    });

    test('the previous one is ended while it is preferred: the current one takes over at once', async () => {
      const { server, record } = await start([previous]);
      await callAll(record, server);
      listenFor(server, way, [current]);
      await callAll(record, server);
      expect(takeTally(record).current.uses).toBe(4);
    });

    test('neither is known: the client is refused, and neither secret is in the words', async () => {
      const words = `no such client ${current} or ${previous}`;
      const { server, record } = await start([], {
        status: 401,
        json: { error: 'invalid_client', error_description: words },
      });
      const failure = await runExchange(record, pinnedOf(server)).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'invalid_client', said: expect.stringContaining('no such client') });
      expect(inspect([failure, (failure as OAuthError).said])).not.toMatch(/the~(new|old)/);
      expect(takeTally(record).previous.uses).toBe(0);
    });

    test('a refused grant is no refused client: nothing is shown twice', async () => {
      const { server, record } = await start([], { status: 400, json: { error: 'invalid_grant' } });
      const refused = refreshGrant(record, pinnedOf(server), { refreshToken: 'rt' }, depsFor(record));
      await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/refused|invalid_grant/) });
      expect(server.seen).toHaveLength(1);
    });
  });

  test('a server that refuses the client with status 200 is asked again', async () => {
    const server = await quirkyServer();
    const refusal = { status: 200, json: { error: 'incorrect_client_credentials' } };
    listenFor(server, 'client_secret_post', [previous], refusal);
    const record = recordAt(server, { token_endpoint_auth_method: 'client_secret_post', error_in_200: true });
    expect((await runExchange(record, pinnedOf(server))).access_token).toBe('at');
  });

  test('a server that says unauthorized_client of wrong credentials is asked again, where the status is 401', async () => {
    // keycloak/keycloak#16923, Stirling-Tools/Stirling-PDF#6567
    for (const [status, asked] of [
      [401, 2],
      [403, 1],
      [400, 1],
    ] as const) {
      const server = await quirkyServer();
      const refusal = { status, json: { error: 'unauthorized_client', error_description: 'Invalid client' } };
      listenFor(server, 'client_secret_post', [previous], refusal);
      const record = recordAt(server, ways.client_secret_post.record);
      const exchange = runExchange(record, pinnedOf(server)).catch((error: unknown) => error);
      expect(await exchange).toMatchObject(status === 401 ? { access_token: 'at' } : { code: 'request_rejected' });
      expect(server.seen).toHaveLength(asked);
    }
  });

  test('an API that refuses HTTP Basic without a code is asked again, as one that revokes by DELETE', async () => {
    const server = await quirkyServer();
    server.on('DELETE /revoke', (request) =>
      ways.client_secret_basic.shown(request) === previous
        ? { status: 200, json: {} }
        : { status: 401, json: { message: 'Bad credentials' } },
    );
    const record = recordAt(server, {
      basic_encoding: 'raw',
      revoke: { style: 'delete_json', token_kind: 'access_token' },
    });
    const tokens = { accessToken: 'at', refreshToken: null };
    expect(await revokeGrant(record, pinnedOf(server), tokens, depsFor(record))).toBe('revoked');
  });

  test('without a previous secret nothing is asked twice', async () => {
    const server = await quirkyServer();
    listenFor(server, 'client_secret_post', []);
    const record = recordAt(server, { ...ways.client_secret_post.record, client_secret_previous: undefined });
    await expect(runExchange(record, pinnedOf(server))).rejects.toMatchObject({ code: 'invalid_client' });
    expect(server.seen).toHaveLength(1);
    expect(takeTally(record).current).toEqual({ uses: 0, refusals: 1 });
  });
});
