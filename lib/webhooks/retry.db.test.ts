import { expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { createWebhook } from '#lib/webhooks/create';
import { deliverWebhooks } from '#lib/webhooks/deliver';
import { getDelivery } from '#lib/webhooks/get-delivery';
import { getWebhook } from '#lib/webhooks/list';
import { listDeliveries } from '#lib/webhooks/list-deliveries';
import { retryDelivery, retryFailed } from '#lib/webhooks/retry';
import { setWebhookEnabled } from '#lib/webhooks/set-enabled';
import { alertClock } from '#tests/alerts';
import { addPerson, asNobody, entries } from '#tests/hub';
import { webhookHub } from '#tests/webhook-hub';

const { receiver, hubWith } = webhookHub();

/** An endpoint with a receiver that refused two messages for a day, until they were given up. */
async function givenUp() {
  const hook = await receiver();
  const { runtime, admin } = await hubWith(hook.host);
  // Longer ago than a message is tried for.
  const clock = alertClock(runtime, new Date(Date.now() - 3 * 86_400_000));
  const { id: webhook } = await createWebhook(admin, { name: 'x', url: hook.url });
  hook.answer.status = 503;
  await clock.evaluate(0);
  for (const connectionId of ['con_a', 'con_b'])
    await clock.happened(1, { action: 'connection.created', connectionId, provider: 'acme' });
  await clock.evaluate(2);
  const ctx = systemContext(runtime, 'jobs');
  for (let minute = 2; minute < 26 * 60; minute += 30) await deliverWebhooks(ctx, { now: clock.at(minute) });
  const { items } = await listDeliveries(admin, { webhook, state: 'failed' });
  hook.got.length = 0;
  return { hook, runtime, admin, clock, ctx, webhook, ids: items.map(({ id }) => id) };
}

test('one that was given up is sent at once, the same message, and its log says how it went', async () => {
  const { hook, admin, webhook, ids } = await givenUp();
  const [id = 0] = ids;
  const before = await getDelivery(admin, { webhook, id: String(id) });
  expect(await retryDelivery(admin, { id })).toMatchObject({ status: 503 });
  expect(await getDelivery(admin, { webhook, id: String(id) })).toMatchObject({ state: 'failed', nextAttemptAt: null });
  hook.answer.status = 204;
  expect(await retryDelivery(admin, { id })).toMatchObject({ status: 204 });
  const after = await getDelivery(admin, { webhook, id: String(id) });
  expect(after).toMatchObject({ state: 'delivered', lastStatus: 204, payload: { type: 'connection.created' } });
  expect(after.log).toHaveLength(before.log.length + 2);
  expect(hook.got.map(({ headers }) => headers['webhook-id'])).toEqual([before.messageId, before.messageId]);
  await expect(retryDelivery(admin, { id })).rejects.toMatchObject({ code: 'conflict' });
});

test('all that were given up go once more with the next tick, and what fails then is given up again', async () => {
  const { hook, runtime, admin, ctx, webhook } = await givenUp();
  expect(await retryFailed(admin, { id: webhook })).toBe(2);
  expect(await getWebhook(admin, webhook)).toMatchObject({ pending: 2, failed: 0 });
  await deliverWebhooks(ctx, { now: new Date(Date.now() + 60_000) });
  expect(hook.got).toHaveLength(2);
  expect(await getWebhook(admin, webhook)).toMatchObject({ pending: 0, failed: 2 });
  hook.answer.status = 204;
  await retryFailed(admin, { id: webhook });
  await deliverWebhooks(ctx, { now: new Date(Date.now() + 120_000) });
  expect(await getWebhook(admin, webhook)).toMatchObject({ pending: 0, failed: 0 });
  expect(await retryFailed(admin, { id: webhook })).toBe(0);
  const told = (await entries(runtime)).filter(({ action }) => action === 'webhook.changed');
  expect(told.map(({ details }) => details.retried)).toEqual([2, 2]);
});

test('one that waits goes at once, and one that was dropped does when its endpoint is on again', async () => {
  const hook = await receiver();
  const { admin, clock } = await hubWith(hook.host);
  const { id: webhook } = await createWebhook(admin, { name: 'x', url: hook.url });
  await clock.evaluate(0);
  for (const connectionId of ['con_a', 'con_b'])
    await clock.happened(1, { action: 'connection.created', connectionId, provider: 'acme' });
  await clock.evaluate(2);
  const { items } = await listDeliveries(admin, { webhook });
  const [first, second] = items.map(({ id }) => id);
  await retryDelivery(admin, { id: first ?? 0 });
  expect(hook.got).toHaveLength(1);
  await setWebhookEnabled(admin, { id: webhook, enabled: false });
  await expect(retryDelivery(admin, { id: second ?? 0 })).rejects.toMatchObject({ code: 'conflict' });
  await expect(retryFailed(admin, { id: webhook })).rejects.toMatchObject({ code: 'conflict' });
  await setWebhookEnabled(admin, { id: webhook, enabled: true });
  expect(await listDeliveries(admin, { webhook, state: 'dropped' })).toMatchObject({ items: [{ id: second }] });
  await retryDelivery(admin, { id: second ?? 0 });
  expect(hook.got).toHaveLength(2);
});

test('the log is read by auditors; who may not retry is told so, and what is not there is not found', async () => {
  const { runtime, admin, webhook, ids } = await givenUp();
  const [id = 0] = ids;
  const person = await addPerson(runtime);
  await getDelivery(person.ctx('auditor'), { webhook, id: String(id) });
  await expect(getDelivery(person.ctx('user'), { webhook, id: String(id) })).rejects.toMatchObject({
    code: 'forbidden',
  });
  for (const role of ['auditor', 'user'] as const) {
    await expect(retryDelivery(person.ctx(role), { id })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(retryFailed(person.ctx(role), { id: webhook })).rejects.toMatchObject({ code: 'forbidden' });
  }
  await expect(retryDelivery(asNobody(runtime), { id })).rejects.toMatchObject({ code: 'unauthenticated' });
  await expect(retryDelivery(admin, { id: 999_999_999 })).rejects.toMatchObject({ code: 'not_found' });
  for (const wrong of ['0', '1.5', 'x', '999999999'])
    await expect(getDelivery(admin, { webhook, id: wrong })).rejects.toMatchObject({ code: 'not_found' });
  await expect(getDelivery(admin, { webhook: 'whk_other', id: String(id) })).rejects.toMatchObject({
    code: 'not_found',
  });
});
