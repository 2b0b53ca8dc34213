import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test, vi } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { systemContext } from '#lib/context';
import { ledger } from '#lib/db/schema/ledger';
import { connectionOutages, webhookMessages } from '#lib/db/schema/webhooks';
import { record } from '#lib/ledger/record';
import { createWebhook } from '#lib/webhooks/create';
import { deliverWebhooks } from '#lib/webhooks/deliver';
import { createPromptDelivery } from '#lib/webhooks/prompt-delivery';
import { reachingNow } from '#tests/alerts';
import { webhookHub } from '#tests/webhook-hub';

const { receiver, hubWith, database } = webhookHub();

async function given(types?: ('connection.created' | 'connection.needs_reauth' | 'connection.recovered')[]) {
  const hook = await receiver();
  const { runtime, admin } = await hubWith(hook.host);
  await createWebhook(admin, { name: 'x', url: hook.url, ...(types ? { types } : {}) });
  const ctx = systemContext(runtime, 'jobs');
  await evaluateAlerts(ctx, { now: new Date(Date.now() - 60_000) });
  const prompt = createPromptDelivery(ctx);
  onTestFinished(prompt.stop);
  const happened = (action: Parameters<typeof record>[2]['action'], connectionId = 'con_a') =>
    record(database.db, ctx, { action, connectionId, personId: 'per_a', provider: 'acme' });
  /** The types that came about connections, in the order in which they came. */
  const told = () =>
    hook.got
      .map(({ body }) => (JSON.parse(body) as { type: string }).type)
      .filter((type) => type.startsWith('connection.'));
  /** The tick as it comes later, when all of it has settled. */
  const tick = async () => {
    await evaluateAlerts(ctx, { now: reachingNow() });
    await deliverWebhooks(ctx, { now: new Date(Date.now() + 10_000) });
  };
  return { hook, prompt, happened, told, tick };
}

test('I-03 a change of a connection is sent before the tick, in its order, and by the tick no second time', async () => {
  const { prompt, happened, told, tick } = await given();
  await happened('connection.created');
  await prompt.look();
  await expect.poll(told).toEqual(['connection.created']);
  await happened('connection.needs_reconnect');
  await happened('connection.reconnected');
  await prompt.look();
  const all = ['connection.created', 'connection.needs_reauth', 'connection.reconnected'];
  await expect.poll(told).toEqual(all);
  await tick();
  expect(told()).toEqual(all);
});

test('a refresh before the fault is no recovery, and the one after it is told by the tick', async () => {
  const { prompt, happened, told, tick } = await given();
  await happened('token.refreshed');
  await happened('connection.needs_reconnect');
  await prompt.look();
  await expect.poll(told).toEqual(['connection.needs_reauth']);
  // Both within one millisecond, as entries of a busy hub are.
  await database.db.execute(sql`update connection_outages set since =
    (select max(at) from ledger where action = 'token.refreshed')`);
  await tick();
  expect(told()).toEqual(['connection.needs_reauth']);
  expect(await database.db.$count(connectionOutages)).toBe(1);
  // The tick above read a little beyond the present.
  const readTo = Date.now() + 2;
  await vi.waitUntil(() => Date.now() > readTo, { interval: 1 });
  await happened('token.refreshed');
  const afterTick = () => tick().then(told);
  // A tick reads settled entries alone. Other work on the server delays them.
  await expect.poll(afterTick).toEqual(['connection.needs_reauth', 'connection.recovered']);
});

test('what no endpoint wants, and what is no news, makes no message', async () => {
  const { prompt, happened, told } = await given(['connection.created']);
  await happened('connection.revoked');
  await database.db.insert(ledger).values({
    ...{ action: 'connection.created', outcome: 'ok', actorType: 'system', personId: 'per_a', connectionId: 'con_b' },
    at: new Date(Date.now() - 30_000),
  });
  await prompt.look();
  await prompt.stop();
  expect(told()).toEqual([]);
  expect(await database.db.$count(webhookMessages)).toBe(0);
});

test('an endpoint that hangs keeps no other waiting', async () => {
  const hanging = await receiver();
  const quick = await receiver();
  const { runtime, admin } = await hubWith(hanging.host, quick.host);
  for (const { url } of [hanging, quick]) await createWebhook(admin, { name: 'x', url });
  const ctx = systemContext(runtime, 'jobs');
  await evaluateAlerts(ctx, { now: new Date(Date.now() - 60_000) });
  const prompt = createPromptDelivery(ctx);
  hanging.hold();
  for (const connectionId of ['con_a', 'con_b']) {
    await record(database.db, ctx, { action: 'connection.created', connectionId, personId: 'per_a', provider: 'acme' });
    await prompt.look();
    await expect.poll(() => quick.got.some(({ body }) => body.includes(connectionId))).toBe(true);
  }
  await prompt.stop();
});
