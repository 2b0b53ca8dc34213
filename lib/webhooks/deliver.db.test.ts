import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { webhookAttempts } from '#lib/db/schema/webhooks';
import { createWebhook } from '#lib/webhooks/create';
import { deliverWebhooks } from '#lib/webhooks/deliver';
import { getWebhook } from '#lib/webhooks/list';
import { listDeliveries } from '#lib/webhooks/list-deliveries';
import { describeWithConnections } from '#tests/database';
import { webhookHub } from '#tests/webhook-hub';

const { database, receiver, hubWith } = webhookHub();

const theft = { action: 'token.theft_suspected', provider: 'acme' } as const;

describe('delivery', () => {
  test('an alert is told to a receiver that can verify it with its secret, once', async () => {
    const hook = await receiver();
    const { runtime, admin, clock } = await hubWith(hook.host);
    const { secret } = await createWebhook(admin, { name: 'x', url: hook.url });
    await clock.evaluate(0);
    await clock.happened(1, theft);
    await clock.evaluate(2);
    const now = new Date(Date.now() + 60_000);
    await deliverWebhooks(systemContext(runtime, 'jobs'), { now });
    await deliverWebhooks(systemContext(runtime, 'jobs'), { now });
    expect(hook.got).toHaveLength(1);
    const [{ headers, body } = { headers: {}, body: '' }] = hook.got;
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({
      type: 'alert.opened',
      data: { rule: 'refresh_token_theft', subject: 'acme', state: 'open' },
    });
    expect(() => new Webhook(secret).verify(body.replace('acme', 'evil'), headers)).toThrow();
  });

  test('an alert does not wait behind the news of many connections', async () => {
    const hook = await receiver();
    const { runtime, admin, clock } = await hubWith(hook.host);
    await createWebhook(admin, { name: 'x', url: hook.url });
    await clock.evaluate(0);
    await clock.happened(1, { action: 'connection.revoked', connectionId: 'con_a', provider: 'acme' }, 30);
    await clock.evaluate(2);
    await deliverWebhooks(systemContext(runtime, 'jobs'), { now: clock.at(3) });
    const types = hook.got.map(({ body }) => JSON.parse(body).type);
    expect(types).toHaveLength(31);
    expect(types[0]).toBe('alert.opened');
  });

  test('a receiver that is down for an hour gets everything when it is back, without a call too many', async () => {
    const hook = await receiver();
    const { runtime, admin, clock } = await hubWith(hook.host);
    const { id } = await createWebhook(admin, { name: 'x', url: hook.url });
    const ctx = systemContext(runtime, 'jobs');
    await hook.down();
    await clock.evaluate(0);
    await clock.happened(1, theft);
    await clock.happened(1, { action: 'connection.created', connectionId: 'con_a', provider: 'acme' });
    await clock.evaluate(2);
    for (let minute = 2; minute < 62; minute++) await deliverWebhooks(ctx, { now: clock.at(minute) });
    const tries = await database.db.select().from(webhookAttempts);
    // After 1, 2, 4, 8, 16 and 32 minutes, each a little sooner: six or seven a message.
    expect(tries.length).toBeGreaterThanOrEqual(12);
    expect(tries.length).toBeLessThanOrEqual(14);
    expect(new Set(tries.map(({ code }) => code))).toEqual(new Set(['outbound_failed']));
    expect(await getWebhook(admin, id)).toMatchObject({ pending: 2, failed: 0, lastDeliveredAt: null });
    await hook.up();
    for (let minute = 62; minute < 140; minute++) await deliverWebhooks(ctx, { now: clock.at(minute) });
    expect(hook.got.map(({ body }) => JSON.parse(body).type).toSorted()).toEqual([
      'alert.opened',
      'connection.created',
    ]);
    expect(await getWebhook(admin, id)).toMatchObject({ pending: 0, failed: 0 });
    const { items } = await listDeliveries(admin, { webhook: id });
    expect(items).toMatchObject([
      { state: 'delivered', lastStatus: 204 },
      { state: 'delivered', lastStatus: 204 },
    ]);
    await hook.down();
  });

  test('a message is given up after a day', async () => {
    const hook = await receiver();
    const { runtime, admin, clock } = await hubWith(hook.host);
    const { id } = await createWebhook(admin, { name: 'x', url: hook.url });
    hook.answer.status = 500;
    await clock.evaluate(0);
    await clock.happened(1, theft);
    await clock.evaluate(2);
    for (let minute = 2; minute < 26 * 60; minute += 10)
      await deliverWebhooks(systemContext(runtime, 'jobs'), { now: clock.at(minute) });
    expect(await listDeliveries(admin, { webhook: id })).toMatchObject({
      items: [{ state: 'failed', lastStatus: 500, finishedAt: clock.at(24 * 60 + 2), nextAttemptAt: null }],
    });
    expect(hook.got.length).toBeGreaterThan(8);
    expect(hook.got.length).toBeLessThan(20);
    expect(new Set(hook.got.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  test('a receiver that asks for rest is left alone for so long', async () => {
    const hook = await receiver();
    const { runtime, admin, clock } = await hubWith(hook.host);
    await createWebhook(admin, { name: 'x', url: hook.url });
    Object.assign(hook.answer, { status: 503, headers: { 'retry-after': '1800' } });
    await clock.evaluate(0);
    await clock.happened(1, theft);
    await clock.evaluate(2);
    for (let minute = 2; minute < 32; minute++)
      await deliverWebhooks(systemContext(runtime, 'jobs'), { now: clock.at(minute) });
    expect(hook.got).toHaveLength(1);
    await deliverWebhooks(systemContext(runtime, 'jobs'), { now: clock.at(32) });
    expect(hook.got).toHaveLength(2);
  });

  test('one that says it is gone gets nothing more', async () => {
    const hook = await receiver();
    const { runtime, admin, clock } = await hubWith(hook.host);
    const { id } = await createWebhook(admin, { name: 'x', url: hook.url });
    hook.answer.status = 410;
    await clock.evaluate(0);
    await clock.happened(1, theft);
    await clock.evaluate(2);
    await deliverWebhooks(systemContext(runtime, 'jobs'), { now: clock.at(3) });
    expect(await getWebhook(admin, id)).toMatchObject({ disabledReason: 'gone', failed: 1 });
    await clock.happened(4, { ...theft, provider: 'other' });
    await clock.evaluate(5);
    await deliverWebhooks(systemContext(runtime, 'jobs'), { now: clock.at(6) });
    expect(hook.got).toHaveLength(1);
  });

  test('an endpoint that never takes anything keeps none of the others from theirs', async () => {
    const [good, bad] = [await receiver(), await receiver()];
    const { runtime, admin, clock } = await hubWith(good.host, bad.host);
    await createWebhook(admin, { name: 'bad', url: bad.url });
    await createWebhook(admin, { name: 'good', url: good.url });
    await bad.down();
    await clock.evaluate(0);
    for (let n = 0; n < 40; n++) await clock.happened(1, { action: 'connection.created', connectionId: `con_${n}` });
    await clock.evaluate(2);
    await deliverWebhooks(systemContext(runtime, 'jobs'), { now: clock.at(3) });
    expect(good.got).toHaveLength(40);
  });

  test('a redirect is not followed, and nothing of an answer is kept', async () => {
    const [hook, other] = [await receiver(), await receiver()];
    const { runtime, admin, clock } = await hubWith(hook.host, other.host);
    const { id } = await createWebhook(admin, { name: 'x', url: hook.url });
    Object.assign(hook.answer, { status: 302, headers: { location: other.url } });
    await clock.evaluate(0);
    await clock.happened(1, theft);
    await clock.evaluate(2);
    await deliverWebhooks(systemContext(runtime, 'jobs'), { now: clock.at(3) });
    expect(other.got).toEqual([]);
    expect(await getWebhook(admin, id)).toMatchObject({ pending: 1 });
    expect(JSON.stringify(await database.db.select().from(webhookAttempts))).not.toContain('not to be kept');
  });
});

describeWithConnections('several processes', () => {
  test('send each message once', async () => {
    const hook = await receiver();
    const { runtime, admin, clock } = await hubWith(hook.host);
    await createWebhook(admin, { name: 'x', url: hook.url });
    await clock.evaluate(0);
    for (let n = 0; n < 12; n++) await clock.happened(1, { action: 'connection.created', connectionId: `con_${n}` });
    await clock.evaluate(2);
    const ctx = systemContext(runtime, 'jobs');
    await Promise.all([1, 2, 3].map(() => deliverWebhooks(ctx, { now: clock.at(3) })));
    expect(hook.got.map(({ headers }) => headers['webhook-id']).toSorted()).toHaveLength(12);
    expect(new Set(hook.got.map(({ headers }) => headers['webhook-id'])).size).toBe(12);
  });
});
