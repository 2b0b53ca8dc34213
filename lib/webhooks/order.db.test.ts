import { expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { createWebhook } from '#lib/webhooks/create';
import { deliverWebhooks } from '#lib/webhooks/deliver';
import { describeWithConnections } from '#tests/database';
import { webhookHub } from '#tests/webhook-hub';

const { receiver, hubWith } = webhookHub();

const life = [
  'connection.created',
  'connection.needs_reconnect',
  'connection.reconnected',
  'connection.revoked',
] as const;
const told = ['connection.created', 'connection.needs_reauth', 'connection.reconnected', 'connection.revoked'] as const;

/** What a receiver got of each connection, in the order in which it came. */
function byConnection(got: { body: string }[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { body } of got) {
    const { type, data } = JSON.parse(body) as { type: string; data: { connection_id: string } };
    found.set(data.connection_id, [...(found.get(data.connection_id) ?? []), type]);
  }
  return found;
}

async function given(connections: string[]) {
  const hook = await receiver();
  const { runtime, admin, clock } = await hubWith(hook.host);
  const { id } = await createWebhook(admin, { name: 'x', url: hook.url, types: [...told] });
  await clock.evaluate(0);
  for (const [n, action] of life.entries())
    for (const connectionId of connections)
      await clock.happened(1 + n / 10, { action, connectionId, provider: 'acme' });
  await clock.evaluate(2);
  return { hook, admin, id, clock, ctx: systemContext(runtime, 'jobs') };
}

test('what tells of one connection comes in its order, once, although many are sent side by side', async () => {
  const connections = ['con_a', 'con_b', 'con_c'];
  const { hook, ctx, clock } = await given(connections);
  await deliverWebhooks(ctx, { now: clock.at(3) });
  expect(byConnection(hook.got)).toEqual(new Map(connections.map((id) => [id, told])));
});

test('what came first and was not taken is waited for, and keeps no other connection', async () => {
  const { hook, ctx, clock } = await given(['con_a', 'con_b']);
  hook.refuse = (body) => body.includes('con_a');
  for (const minute of [3, 4, 5]) await deliverWebhooks(ctx, { now: clock.at(minute) });
  const tried = byConnection(hook.got);
  expect(new Set(tried.get('con_a'))).toEqual(new Set(['connection.created']));
  expect(tried.get('con_b')).toEqual(told);
  hook.refuse = () => false;
  hook.got.length = 0;
  await deliverWebhooks(ctx, { now: clock.at(20) });
  expect(byConnection(hook.got)).toEqual(new Map([['con_a', told]]));
});

describeWithConnections('several processes', () => {
  test('keep the order between them', async () => {
    const connections = Array.from({ length: 20 }, (_, n) => `con_${n}`);
    const { hook, ctx, clock } = await given(connections);
    await Promise.all([1, 2, 3].map(() => deliverWebhooks(ctx, { now: clock.at(3) })));
    await deliverWebhooks(ctx, { now: clock.at(3) });
    expect(byConnection(hook.got)).toEqual(new Map(connections.map((id) => [id, told])));
  });
});
