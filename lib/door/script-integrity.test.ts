import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ask, openDoor } from '#tests/servers/door';

const path = '/_next/static/chunks/a.js';
const hash = `sha256-${'a'.repeat(43)}=`;
const integrity = new Map([[path, hash]]);
const html = { 'content-type': 'text/html; charset=utf-8' };

/** A door before pages that answer with these headers and these pieces. */
const doorTo = (headers: Record<string, string>, pieces: (string | Buffer)[], status = 200) =>
  openDoor(
    {},
    {
      integrity,
      pages: async (_, response: ServerResponse) => {
        response.statusCode = status;
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        for (const piece of pieces) {
          response.write(piece);
          await setImmediate();
        }
        response.end();
      },
    },
  );

const script = Buffer.from(`<head></head><p>ä</p><script src="${path}" nonce="n"></script>`);
const cuts = [script.subarray(0, 16), script.subarray(16, 17), script.subarray(17, 30), script.subarray(30)];

test('a page has integrity on its scripts, and a policy that lets no other run', async () => {
  const answer = await ask(await doorTo({ ...html, 'content-length': String(script.length), etag: 'x' }, cuts), {});
  expect(answer.headers['integrity-policy']).toBe('blocked-destinations=(script), endpoints=(policy)');
  expect(answer.headers).not.toHaveProperty('content-length');
  expect(answer.text).toContain(`<p>ä</p><script integrity="${hash}" crossorigin="anonymous" src="${path}"`);
  expect(answer.text).toContain(`<head><meta name="script-integrity" content="${path}=${hash}">`);
});

test.each<[accepts: string, coding: string | undefined]>([
  ['gzip, br', 'gzip'],
  ['gzip;q=0, br', undefined],
  ['br', undefined],
])('a page for a browser that accepts %s is compressed as %s', async (accepts, coding) => {
  const door = await doorTo(html, cuts);
  const answer = await fetch(`http://127.0.0.1:${door.port}/`, { headers: { 'accept-encoding': accepts } });
  expect(answer.headers.get('content-encoding') ?? undefined).toBe(coding);
  expect(await answer.text()).toContain(`integrity="${hash}"`);
});

test('a long page arrives whole at a slow reader', async () => {
  const piece = `<p>${'0123456789'.repeat(2_000)}</p>`;
  const answer = await ask(await doorTo(html, Array(50).fill(piece)), { headers: { 'accept-encoding': 'gzip' } });
  expect(answer.headers['content-encoding']).toBe('gzip');
  const plain = await ask(await doorTo(html, Array(50).fill(piece)), {});
  expect(plain.text).toHaveLength(50 * piece.length);
});

test('other answers are as they were, compressed where that is worth it', async () => {
  const csv = await ask(await doorTo({ 'content-type': 'text/csv' }, ['a,<head>\n', 'b\n']), {});
  expect([csv.text, csv.headers['integrity-policy']]).toEqual(['a,<head>\nb\n', undefined]);
  const door = await doorTo({ 'content-type': 'text/csv' }, ['a\n', 'b\n']);
  const zipped = await fetch(`http://127.0.0.1:${door.port}/`, { headers: { 'accept-encoding': 'gzip' } });
  expect([zipped.headers.get('content-encoding'), await zipped.text()]).toEqual(['gzip', 'a\nb\n']);
  const image = await doorTo({ 'content-type': 'image/png' }, ['x']);
  expect((await ask(image, { headers: { 'accept-encoding': 'gzip' } })).headers).not.toHaveProperty('content-encoding');
});

test('what Next’s own script asks for, and files of the build, pass by', async () => {
  const door = await doorTo(html, cuts);
  for (const asked of [{ headers: { rsc: '1' } }, { path: '/_next/static/x.js' }])
    expect((await ask(door, asked)).headers).not.toHaveProperty('integrity-policy');
});
