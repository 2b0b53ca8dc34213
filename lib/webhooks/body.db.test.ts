import { expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { webhookDeliveries, webhookMessages } from '#lib/db/schema/webhooks';
import { deletePerson } from '#lib/people/delete';
import { createWebhook } from '#lib/webhooks/create';
import { deliverWebhooks } from '#lib/webhooks/deliver';
import { retryDelivery } from '#lib/webhooks/retry';
import { addApplication, addPerson, addPersonOf, settle } from '#tests/hub';
import { webhookHub } from '#tests/webhook-hub';

const { database, receiver, hubWith } = webhookHub();

test('a message names the person as the application, or the hub, knows them; what is kept has their id alone', async () => {
  const hook = await receiver();
  const { runtime, admin, clock } = await hubWith(hook.host);
  await createWebhook(admin, { name: 'x', url: hook.url });
  const applicationId = await addApplication(runtime);
  const of = await addPersonOf(runtime, applicationId, { user: 'user-4711', tenant: 'acme', label: 'Ada' });
  const { id: person } = await addPerson(runtime, { email: 'bob@hub.example' });
  const { id: gone } = await addPerson(runtime, { email: 'gone@hub.example' });
  await deletePerson(admin, { id: gone, reason: 'r' });
  await settle(runtime);
  await clock.evaluate(0);
  for (const [n, personId] of [of, person, gone].entries())
    await clock.happened(1, { action: 'connection.created', personId, connectionId: `con_${n}`, provider: 'acme' });
  await clock.happened(1, { action: 'token.theft_suspected', provider: 'acme' });
  await clock.evaluate(2);
  // The first attempts fail, and the messages are sent again by hand.
  hook.refuse = () => true;
  await deliverWebhooks(systemContext(runtime, 'jobs'), { now: clock.at(3) });
  hook.refuse = () => false;
  const first = hook.got.splice(0).map(({ body }) => body);
  for (const { id } of await database.db.select({ id: webhookDeliveries.id }).from(webhookDeliveries))
    await retryDelivery(admin, { id });
  const again = hook.got.map(({ body }) => body);
  expect(again.toSorted()).toEqual(first.toSorted());

  const told = new Map(
    again.map((body) => {
      const { data } = JSON.parse(body) as { data: { person_id?: string; person?: object; connection_id?: string } };
      return [data.connection_id, data];
    }),
  );
  expect(told.get('con_0')).toEqual({
    connection_id: 'con_0',
    person_id: of,
    provider: 'acme',
    person: { id: of, application: applicationId, tenant: 'acme', user: 'user-4711', label: 'Ada' },
  });
  expect(told.get('con_1')?.person).toEqual({
    id: person,
    issuer: 'https://id.example',
    subject: person,
    email: 'bob@hub.example',
  });
  expect(told.get('con_2')).toEqual({ connection_id: 'con_2', person_id: gone, provider: 'acme' });
  expect(told.get(undefined)?.person).toBeUndefined();
  // Kept for weeks, also after the person was deleted.
  const kept = JSON.stringify(await database.db.select().from(webhookMessages));
  expect(kept).toContain(of);
  expect(kept).not.toMatch(/user-4711|bob@hub|Ada/);
});
