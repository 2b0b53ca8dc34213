import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { webhookDeliveries, webhookMessages } from '#lib/db/schema/webhooks';
import { createWebhook } from '#lib/webhooks/create';
import { purgeWebhooks } from '#lib/webhooks/purge';
import { webhookHub } from '#tests/webhook-hub';

const { database, hubWith } = webhookHub();

test('messages of thirty days ago are removed with their log, however many; later ones stay', async () => {
  const { runtime, admin } = await hubWith('127.0.0.1:1');
  const { id } = await createWebhook(admin, { name: 'x', url: 'http://127.0.0.1:1/' });
  const { db } = database;
  await db.execute(sql`insert into webhook_messages (id, type, payload, created_at)
    select 'msg_' || n, 'connection.created', '{}', now() - make_interval(days => case when n <= 2500 then 31 else 29 end)
    from generate_series(1, 2501) n`);
  await db.execute(sql`insert into webhook_deliveries (message_id, endpoint_id, next_attempt_at, created_at)
    select id, ${id}, created_at, created_at from webhook_messages`);
  await purgeWebhooks(systemContext(runtime, 'jobs'));
  expect(await db.select({ id: webhookMessages.id }).from(webhookMessages)).toEqual([{ id: 'msg_2501' }]);
  expect(await db.$count(webhookDeliveries)).toBe(1);
});
