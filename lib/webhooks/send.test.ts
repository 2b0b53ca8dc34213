import { createServer, type ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '#lib/config/config';
import { createWebhookFetch } from '#lib/webhooks/send';
import { hubEnvironment } from '#tests/hub';
import { resolver } from '#tests/resolver';
import { listenOnLoopback } from '#tests/servers/loopback';

const post = (send: typeof fetch, url: string) => send(url, { method: 'POST', body: '{}' });

test.each([
  ['10.0.0.5'],
  ['127.0.0.1'],
  ['169.254.169.254'],
  ['::1'],
  ['fd00::1'],
  ['::ffff:10.0.0.5'],
  ['93.184.216.34', '10.0.0.5'],
])('a public name that leads to %s when a message is sent is not called', async (...addresses) => {
  const { resolve, asked } = resolver(addresses);
  const send = createWebhookFetch({ webhookInternalHosts: [], proxy: undefined }, resolve);
  await expect(post(send, 'https://hooks.example.com/in')).rejects.toMatchObject({
    code: 'outbound_blocked',
    reason: 'address',
  });
  expect(asked).toEqual(['hooks.example.com']);
});

test('a name that the operator allows may lead inside, and no other may by it', async () => {
  const { resolve } = resolver(['127.0.0.1']);
  const send = createWebhookFetch({ webhookInternalHosts: ['hooks.internal:1'], proxy: undefined }, resolve);
  // Nothing listens there: it was called.
  await expect(post(send, 'https://hooks.internal:1/in')).rejects.toMatchObject({ code: 'outbound_failed' });
  await expect(post(send, 'https://hooks.internal:2/in')).rejects.toMatchObject({ code: 'outbound_blocked' });
});

test.each([
  ['[::1]:1', 'https://[::1]:1/in'],
  ['[::1]', 'https://[::1]:1/in'],
  ['::1', 'https://[::1]:1/in'],
  ['[0:0::1]:1', 'https://[::1]:1/in'],
  ['[FD00::AB]:1', 'https://[fd00::ab]:1/in'],
])('F-16 %s in WEBHOOK_INTERNAL_HOSTS lets %s be called', async (written, url) => {
  const { webhookInternalHosts } = parseConfig({ ...hubEnvironment, WEBHOOK_INTERNAL_HOSTS: written });
  const send = createWebhookFetch({ webhookInternalHosts, proxy: undefined });
  // Nothing listens there: it was called.
  await expect(post(send, url)).rejects.toMatchObject({ code: 'outbound_failed' });
  await expect(post(send, 'https://[::2]:1/in')).rejects.toMatchObject({ code: 'outbound_blocked' });
  const other = written.includes(']:') ? 'https://[::1]:2/in' : 'https://[::1:1]/in';
  await expect(post(send, other)).rejects.toMatchObject({ code: 'outbound_blocked' });
});

test.each(['https://hooks.internal', 'hooks/path', '[::1', 'hooks:99999'])(
  'F-16 %s in WEBHOOK_INTERNAL_HOSTS, which could never match, is a fault at the start',
  (written) => {
    expect(() => parseConfig({ ...hubEnvironment, WEBHOOK_INTERNAL_HOSTS: written })).toThrow(/WEBHOOK_INTERNAL_HOSTS/);
  },
);

describe('F-15 the status of a receiver counts', () => {
  const bodies: [what: string, answer: (response: ServerResponse) => void][] = [
    ['a body of 100 kB', (response) => response.end('x'.repeat(100_000))],
    [
      'a body of 100 kB that says its length',
      (response) => response.setHeader('content-length', 100_000).end('x'.repeat(100_000)),
    ],
    [
      'a body without end',
      (response) => {
        const more = setInterval(() => response.write('x'.repeat(10_000)), 5);
        response.once('close', () => clearInterval(more));
      },
    ],
    ['a body that never comes', (response) => response.flushHeaders()],
    [
      'a body that breaks off',
      (response) => {
        response.setHeader('content-length', 1000).write('x');
        response.socket?.end();
      },
    ],
    [
      'a body that is not what its coding says',
      (response) => {
        response.setHeader('content-encoding', 'gzip').end('not gzip');
      },
    ],
    ['no body', (response) => response.end()],
  ];

  test.each(bodies)('whatever follows it: %s', async (_, answer) => {
    for (const status of [200, 410, 500]) {
      const server = createServer((request, response) => {
        request.resume();
        response.statusCode = status;
        answer(response);
      });
      const { port, close } = await listenOnLoopback(server);
      const send = createWebhookFetch({ webhookInternalHosts: [`127.0.0.1:${port}`], proxy: undefined });
      expect((await post(send, `http://127.0.0.1:${port}/in`)).status).toBe(status);
      await close();
    }
  });
});
