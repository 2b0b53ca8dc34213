import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { serverOptions } from '#lib/door/server-options';
import { ask, askRaw, openDoor } from '#tests/servers/door';

describe('F-23 half-sent requests', () => {
  test('Node looks for them several times within the time that a header may take', () => {
    const { headersTimeout = 0, requestTimeout = 0, connectionsCheckingInterval = Infinity } = serverOptions();
    expect(headersTimeout).toBe(20_000);
    expect(connectionsCheckingInterval * 5).toBeLessThanOrEqual(headersTimeout);
    expect(requestTimeout).toBeGreaterThan(headersTimeout);
  });

  test.each<[what: string, sent: string]>([
    ['whose header never ends', 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: '],
    ['whose first line never ends', 'GET /'],
    ['whose body never comes', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n'],
    ['whose chunks never end', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
  ])('%s: a hundred of them are ended by the server, which answers others meanwhile', async (_, sent) => {
    const door = await openDoor({}, {}, '127.0.0.1', 500);
    const ends = Array.from({ length: 100 }, () => {
      const socket = connect(door.port, door.host);
      socket.write(sent);
      return text(socket);
    });
    expect((await ask(door, {})).status).toBe(200);
    // Each ends by the server's hand: no test closes it.
    for (const answer of await Promise.all(ends)) expect(answer).toMatch(/^HTTP\/1\.1 408 |^$/);
    await expect.poll(() => new Promise((done) => door.server.getConnections((_, open) => done(open)))).toBe(0);
  });
});

describe('methods that nothing here takes', () => {
  const paths = [
    '/',
    '/healthz',
    '/readyz',
    '/metrics',
    '/connections',
    '/oauth/callback',
    '/api/v1/connections',
    '/_next/static/x',
  ];

  test.each(['TRACE', 'PROPFIND', 'PURGE', 'M-SEARCH', 'LOCK', 'QUERY'])('%s: 405 on every path', async (method) => {
    const unreachable = () => expect.unreachable();
    const door = await openDoor({}, { pages: unreachable, api: unreachable, metrics: unreachable });
    for (const path of paths) {
      const answer = await ask(door, { method, path });
      expect([path, answer.status]).toEqual([path, 405]);
      expect(answer.headers.allow).toBe('DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT');
      expect(answer.json()).toMatchObject({ code: 'method_not_allowed' });
    }
    expect(door.refused).toEqual(paths.map(() => ['method_not_allowed', '127.0.0.1']));
  });

  test('CONNECT: 405, and no tunnel', async () => {
    const door = await openDoor();
    const head = 'CONNECT internal:443 HTTP/1.1\r\nHost: internal:443\r\n\r\n';
    expect(await askRaw(door, head)).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\nAllow: /);
  });

  test.each(['FOO', 'get', 'PRI'])('%s, which HTTP does not know: 400 before our code', async (method) => {
    const door = await openDoor();
    expect(await askRaw(door, `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  });
});
