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

  test('a body without a length is refused, on any path', async () => {
    const door = await openDoor();
    for (const path of ['/oauth/start', '/api/v1/connections/x/token']) {
      const answer = await ask(door, {
        method: 'POST',
        path,
        headers: { 'transfer-encoding': 'chunked' },
        body: 'a=b',
      });
      expect(answer.status).toBe(411);
      expect(answer.json()).toMatchObject({ code: 'length_required' });
    }
    expect(door.refused.map(([code]) => code)).toEqual(['length_required', 'length_required']);
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
