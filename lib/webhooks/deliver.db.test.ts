import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eq, sql } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { alertCounts, alertProgress, alerts } from '#lib/db/schema/alerts';
import {
  connectionOutages,
  webhookAttempts,
  webhookDeliveries,
  webhookEndpoints,
  webhookMessages,
} from '#lib/db/schema/webhooks';
import { createWebhook } from '#lib/webhooks/create';
import { deliverWebhooks } from '#lib/webhooks/deliver';
import { getWebhook, listWebhooks } from '#lib/webhooks/list';
import { listDeliveries } from '#lib/webhooks/list-deliveries';
import { removeWebhook } from '#lib/webhooks/remove';
import { rotateWebhookSecret } from '#lib/webhooks/rotate-secret';
import { testWebhook } from '#lib/webhooks/send-test';
import { setWebhookEnabled } from '#lib/webhooks/set-enabled';
import { alertClock } from '#tests/alerts';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addPerson, asNobody, createRuntime, entries, plainRecord } from '#tests/hub';

const database = sharedDatabase();
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  const { db } = database;
  for (const table of [webhookMessages, webhookEndpoints, connectionOutages, alerts, alertCounts, alertProgress])
    await db.delete(table);
  await db.execute(sql`truncate ledger`);
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Got {
  headers: Record<string, string>;
  body: string;
}

/** A receiver on loopback that can go down and come back at the same address. */
async function receiver() {
  const got: Got[] = [];
  const answer = { status: 204, headers: {} as Record<string, string> };
  let port = 0;
  let stop: (() => Promise<void>) | undefined;
  const up = async () => {
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      got.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(answer.status, answer.headers).end('not to be kept');
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    stop = () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
  };
  const down = async () => {
    await stop?.();
    stop = undefined;
  };
  await up();
  closing.push(down);
  return { got, answer, up, down, url: `http://127.0.0.1:${port}/hook`, host: `127.0.0.1:${port}` };
}

async function hubWith(...hosts: string[]) {
  const plain = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
  const runtime = { ...plain, config: { ...plain.config, webhookInternalHosts: hosts } };
  return { runtime, admin: (await addPerson(runtime)).ctx('administrator'), clock: alertClock(runtime) };
}

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

describe('connection events', () => {
  const types = async () => {
    const rows = await database.db
      .select({ type: webhookMessages.type })
      .from(webhookMessages)
      .orderBy(webhookMessages.createdAt);
    return rows.map(({ type }) => type);
  };
  const about = (
    action: Parameters<ReturnType<typeof alertClock>['happened']>[1]['action'],
    connectionId = 'con_a',
  ) => ({ action, connectionId, provider: 'acme' });

  test.each([
    [
      'its whole life',
      [
        'connection.created',
        'token.refreshed',
        'connection.needs_reconnect',
        'connection.reconnected',
        'connection.revoked',
      ],
      ['connection.created', 'connection.needs_reauth', 'connection.reconnected', 'connection.revoked'],
    ],
    [
      'a refresh that succeeds after all',
      ['connection.needs_reconnect', 'token.refreshed', 'token.refreshed'],
      ['connection.needs_reauth', 'connection.recovered'],
    ],
    ['a refresh that only went on', ['token.refreshed', 'token.refreshed'], []],
  ] as const)('tell of %s', async (_, actions, told) => {
    const { admin, clock } = await hubWith();
    await createWebhook(admin, {
      name: 'x',
      url: 'https://hooks.example.com/in',
      types: [
        'connection.created',
        'connection.needs_reauth',
        'connection.recovered',
        'connection.reconnected',
        'connection.revoked',
      ],
    });
    await clock.evaluate(0);
    // Once with a look after each event, once with all in one look.
    for (const [n, action] of actions.entries()) {
      await clock.happened(n + 1, about(action));
      await clock.evaluate(n + 1.5);
    }
    expect(await types()).toEqual(told);
    await database.db.delete(webhookMessages);
    for (const [n, action] of actions.entries()) await clock.happened(20 + n / 10, about(action, 'con_b'));
    await clock.evaluate(21);
    expect(await types()).toEqual(told);
  });

  test('an endpoint gets the types it asked for, and one that is switched off none', async () => {
    const { admin, clock } = await hubWith();
    const url = 'https://hooks.example.com/in';
    const some = await createWebhook(admin, { name: 'some', url, types: ['connection.revoked'] });
    const off = await createWebhook(admin, { name: 'off', url });
    await setWebhookEnabled(admin, { id: off.id, enabled: false });
    await clock.evaluate(0);
    await clock.happened(1, about('connection.created'));
    await clock.happened(1, about('connection.revoked'));
    await clock.evaluate(2);
    const rows = await database.db.select().from(webhookDeliveries);
    expect(rows).toMatchObject([{ endpointId: some.id }]);
    expect(await types()).toEqual(['connection.revoked']);
  });
});

describe('endpoints', () => {
  test.each([
    'http://hooks.example.com/',
    'https://10.0.0.5/',
    'https://169.254.169.254/',
    'https://localhost/',
    'http://127.0.0.1:1/',
    'https://u:p@hooks.example.com/',
    'nonsense',
  ])('%s is refused when it is written', async (url) => {
    const { admin } = await hubWith();
    await expect(createWebhook(admin, { name: 'x', url })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await listWebhooks(admin)).toEqual([]);
  });

  test('a name that leads to an internal address is refused when it is called', async () => {
    const hook = await receiver();
    const { runtime, admin } = await hubWith();
    const { id } = await createWebhook(admin, { name: 'x', url: 'https://hooks.example.com/' });
    const sealed = { url: hook.url };
    await database.db.update(webhookEndpoints).set(sealed).where(eq(webhookEndpoints.id, id));
    expect(await testWebhook(admin, { id })).toMatchObject({ status: null, code: 'outbound_blocked' });
    expect(hook.got).toEqual([]);
    expect(runtime.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('after a rotation both secrets verify for a day, then the new one alone', async () => {
    const hook = await receiver();
    const { runtime, admin } = await hubWith(hook.host);
    const { id, secret: old } = await createWebhook(admin, { name: 'x', url: hook.url });
    const { secret, previousUntil } = await rotateWebhookSecret(admin, { id });
    expect(previousUntil.getTime() - Date.now()).toBeGreaterThan(23 * 3_600_000);
    await testWebhook(admin, { id });
    const [first] = hook.got;
    if (!first) throw new Error('nothing came');
    for (const one of [old, secret])
      expect(new Webhook(one).verify(first.body, first.headers)).toMatchObject({ type: 'webhook.test' });
    await database.db.update(webhookEndpoints).set({ previousUntil: new Date(Date.now() - 1000) });
    await testWebhook(admin, { id });
    const second = hook.got[1];
    if (!second) throw new Error('nothing came');
    expect(() => new Webhook(old).verify(second.body, second.headers)).toThrow();
    expect(new Webhook(secret).verify(second.body, second.headers)).toBeDefined();
    expect(JSON.stringify(await database.db.select().from(webhookEndpoints))).not.toContain('whsec_');
    expect(JSON.stringify([await listWebhooks(admin), runtime.logged, await entries(runtime)])).not.toContain('whsec_');
  });

  test('administrators change them, auditors look, nobody else gets near', async () => {
    const { runtime, admin } = await hubWith();
    const { id } = await createWebhook(admin, { name: 'x', url: 'https://hooks.example.com/' });
    const person = await addPerson(runtime);
    const changes = [
      (ctx: typeof admin) => createWebhook(ctx, { name: 'y', url: 'https://hooks.example.com/' }),
      (ctx: typeof admin) => rotateWebhookSecret(ctx, { id }),
      (ctx: typeof admin) => setWebhookEnabled(ctx, { id, enabled: false }),
      (ctx: typeof admin) => testWebhook(ctx, { id }),
      (ctx: typeof admin) => removeWebhook(ctx, { id }),
    ];
    for (const change of changes) {
      for (const ctx of [person.ctx('user'), person.ctx('auditor')])
        await expect(change(ctx)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(change(asNobody(runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    expect(await listWebhooks(person.ctx('auditor'))).toHaveLength(1);
    await expect(listWebhooks(person.ctx('user'))).rejects.toMatchObject({ code: 'forbidden' });
    await removeWebhook(admin, { id });
    await expect(removeWebhook(admin, { id })).rejects.toMatchObject({ code: 'not_found' });
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
