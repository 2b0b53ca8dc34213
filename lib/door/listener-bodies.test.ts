import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ask, askRaw, openDoor } from '#tests/servers/door';

describe('bodies', () => {
  test.each<[path: string, bytes: number, status: number]>([
    ['/api/v1/connections/x/token', 64 * 1024, 200],
    ['/api/v1/connections/x/token', 64 * 1024 + 1, 413],
    ['/oauth/start', 64 * 1024, 200],
    ['/oauth/start', 64 * 1024 + 1, 413],
    ['/oauth/start', 10 * 1024 * 1024, 413],
    ['/api/v1/connections/x/token', 10 * 1024 * 1024, 413],
  ])('%s with %i bytes: %i', async (path, bytes, status) => {
    const door = await openDoor();
    const answer = await ask(door, { method: 'POST', path, body: Buffer.alloc(bytes) });
    expect(answer.status).toBe(status);
    if (status === 200) return expect(door.refused).toEqual([]);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({
      status: 413,
      code: 'body_too_large',
      request_id: answer.headers['x-request-id'],
    });
    expect(door.refused).toEqual([['body_too_large', '127.0.0.1']]);
  });

  test('a body of 10 MB gets its answer each time, not a broken connection', async () => {
    const door = await openDoor();
    const body = Buffer.alloc(10 * 1024 * 1024);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ask(door, { method: 'POST', path: '/oauth/start', body })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([413]));
  });

  test.each<[path: string, bytes: number, status: number]>([
    ['/api/v1/connections/x/token', 0, 200],
    ['/api/v1/connections/x/token', 3, 200],
    ['/api/v1/connections/x/token', 64 * 1024, 200],
    ['/api/v1/connections/x/token', 64 * 1024 + 1, 413],
    ['/oauth/start', 64 * 1024, 200],
    ['/oauth/start', 64 * 1024 + 1, 413],
    ['/admin/people', 10 * 1024 * 1024, 413],
  ])('F-22 in chunks, %s with %i bytes: %i, by the bytes that came', async (path, bytes, status) => {
    const door = await openDoor();
    const body = Buffer.alloc(bytes, 'a');
    const answer = await ask(door, { method: 'POST', path, headers: { 'transfer-encoding': 'chunked' }, body });
    expect(answer.status).toBe(status);
    if (status === 413) return expect(answer.json()).toMatchObject({ code: 'body_too_large' });
    const { headers, rawHeaders, body: received } = answer.json();
    expect(received).toBe(body.toString());
    expect(headers).toMatchObject({ 'content-length': String(bytes) });
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(rawHeaders.join().toLowerCase()).not.toContain('transfer-encoding');
    expect(rawHeaders.filter((name: string) => /^content-length$/i.test(name))).toHaveLength(1);
  });

  test.each<[coding: string, version: string]>([
    ['gzip, chunked', '1.1'],
    ['identity, chunked', '1.1'],
    ['chunked, chunked', '1.1'],
    ['x-chunked, chunked', '1.1'],
    ['gzip', '1.1'],
    ['identity', '1.1'],
    ['xchunked', '1.1'],
    ['chunked', '1.0'],
  ])('F-22 a body in "%s" of HTTP/%s, where readers may differ on its end, is refused', async (coding, version) => {
    const unreachable = () => expect.unreachable();
    const door = await openDoor({}, { pages: unreachable, api: unreachable });
    for (const path of ['/oauth/start', '/api/v1/connections/x/token']) {
      const head = `POST ${path} HTTP/${version}\r\nHost: a\r\nConnection: close\r\n`;
      const answer = await askRaw(door, `${head}Transfer-Encoding: ${coding}\r\n\r\n3\r\na=b\r\n0\r\n\r\n`);
      // Node itself cuts the connection where it finds no end of the body.
      expect(answer).toMatch(/^HTTP\/1\.1 400 |^$/);
    }
  });

  test('F-22 what follows a body in chunks is the next request, and its trailers and extensions count for nothing', async () => {
    const door = await openDoor();
    const first = 'POST /one HTTP/1.1\r\nHost: a\r\nTrailer: X-Request-Id\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunks = '3;x=y\r\na=b\r\n0\r\nX-Request-Id: evil\r\n\r\n';
    const second = 'GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const answers = await askRaw(door, first + chunks + second);
    expect(answers.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
    expect(answers).toContain('"url":"/one"');
    expect(answers).toContain('"url":"/two"');
    expect(answers).not.toContain('evil');
  });

  test('F-22 what breaks off before its end reaches nothing behind, and the log has one line of it', async () => {
    const door = await openDoor({}, { pages: () => expect.unreachable(), api: () => expect.unreachable() });
    for (const head of ['Transfer-Encoding: chunked\r\n\r\n5\r\nab', 'Content-Length: 10\r\n\r\nab']) {
      const socket = connect(door.port, door.host);
      const came = once(door.server, 'request');
      socket.write(`POST /oauth/start HTTP/1.1\r\nHost: a\r\n${head}`);
      await came;
      socket.destroy();
    }
    await expect.poll(() => door.logged).toHaveLength(2);
    expect(door.logged).toMatchObject([
      { event: 'request', status: null },
      { event: 'request', status: null },
    ]);
  });

  test('two lengths, or a length and chunks, are refused before our code', async () => {
    const door = await openDoor();
    const head = 'POST /oauth/start HTTP/1.1\r\nHost: a\r\n';
    expect(await askRaw(door, `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await askRaw(door, `${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 400 /,
    );
    expect(door.logged).toEqual([]);
  });

  test.each([17 * 1024, 10 * 1024 * 1024])('a header of %i bytes gets 431 and leaves no trace', async (bytes) => {
    const door = await openDoor();
    const answer = await askRaw(door, `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'a'.repeat(bytes)}\r\n\r\n`).catch(
      (error) => String(error.code),
    );
    // The rest of so long a header meets a closed connection, which may take the answer with it.
    expect(answer).toMatch(/^HTTP\/1\.1 431 |^ECONNRESET$|^EPIPE$/);
    expect([door.logged, door.refused]).toEqual([[], []]);
  });
});
