import { expect, test } from 'vitest';
import { createWebhookFetch } from '#lib/webhooks/send';
import { resolver } from '#tests/resolver';

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
