import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { CanarySweep } from '#tests/canary';
import { tapServers } from '#tests/canary-tap';

const secret = 'gho_Kd83jf0_aZ-91mLq7Ww2Rr5T';

test.each([
  ['as it is', `{"token":"${secret}"}`],
  ['escaped for a URL', `?token=${encodeURIComponent(secret)}&x`],
  ['in base64', Buffer.from(secret).toString('base64')],
  ['in base64url, inside a longer text', Buffer.from(`{"a":"${secret}"}`).toString('base64url')],
  ['in the other alignment', Buffer.from(`{"ab":"${secret}"}`).toString('base64')],
])('a sweep finds a secret %s', (_shape, text) => {
  const sweep = new CanarySweep(['another-secret-0123456789', secret]);
  sweep.search('the page', `before ${text} after`);
  expect(sweep.findings.length).toBeGreaterThan(0);
  expect(sweep.findings.join()).not.toContain(secret);
});

test('a sweep finds a secret among the bytes of a file', () => {
  const sweep = new CanarySweep([secret]);
  sweep.searchBytes('a file', Buffer.concat([Buffer.alloc(9, 255), Buffer.from(secret), Buffer.alloc(3)]));
  expect(sweep.findings).toEqual(['secret 0 (gho_…) in a file']);
});

test('a sweep over clean text finds nothing', () => {
  const sweep = new CanarySweep([secret]);
  sweep.search('a page', 'nothing of note');
  sweep.searchBytes('a file', new TextEncoder().encode('bytes'));
  expect(sweep.findings).toEqual([]);
  expect(sweep.places).toBe(2);
});

test('a tap hears both sides of a call and leaves them as they are', async () => {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ access_token: 'access-token-0123456789', heard: body.length }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const form = new URLSearchParams({ code: 'code-0123456789abcdef', grant_type: 'authorization_code' });
  const tap = tapServers();
  try {
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/token`, {
      method: 'POST',
      body: form,
    });
    expect(await answer.json()).toMatchObject({ heard: form.toString().length });
    expect(tap.secrets().sort()).toEqual(['access-token-0123456789', 'code-0123456789abcdef']);
  } finally {
    tap.stop();
    server.closeAllConnections();
    server.close();
  }
});
