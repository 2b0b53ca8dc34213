import { describe, expect, test } from 'vitest';
import { webhookDeliveries, webhookMessages } from '#lib/db/schema/webhooks';
import { createWebhook } from '#lib/webhooks/create';
import { setWebhookEnabled } from '#lib/webhooks/set-enabled';
import type { alertClock } from '#tests/alerts';
import { webhookHub } from '#tests/webhook-hub';

const { database, hubWith } = webhookHub();

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
