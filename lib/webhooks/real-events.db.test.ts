import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { systemContext } from '#lib/context';
import { alertProgress } from '#lib/db/schema/alerts';
import { connections } from '#lib/db/schema/connections';
import { refreshConnection } from '#lib/refresh/refresh';
import { revokeConnection } from '#lib/revocation/revoke';
import { createWebhook } from '#lib/webhooks/create';
import { deliverWebhooks } from '#lib/webhooks/deliver';
import { reachingNow } from '#tests/alerts';
import { demoHub } from '#tests/demo-hub';
import { addFreshAdministrator, settle } from '#tests/hub';
import { Visitor } from '#tests/visitor';
import { webhookReceiver } from '#tests/webhook-hub';

const hub = demoHub(['demo', 'okta']);

test('what becomes of a connection in earnest is told once each, in its order', async () => {
  const hook = await webhookReceiver();
  const runtime = { ...hub.runtime, config: { ...hub.runtime.config, webhookInternalHosts: [hook.host] } };
  await createWebhook(await addFreshAdministrator(runtime), { name: 'x', url: hook.url });
  const jobs = systemContext(runtime, 'jobs');
  await hub.database.db.delete(alertProgress);
  await evaluateAlerts(jobs, { now: reachingNow() });

  const visitor = new Visitor(runtime);
  await visitor.signIn();
  const connected = await visitor.connect('okta');
  const id = connected.searchParams.get('connection') ?? '';
  const okta = hub.demo.server('okta');
  okta.switches.token_error = 'invalid_grant';
  await expect(refreshConnection(jobs, { id, force: true })).rejects.toMatchObject({ code: 'grant_in_doubt' });
  const refusedAt = sql`clock_timestamp() - interval '6 minutes'`;
  await hub.database.db.update(connections).set({ refusedAt }).where(eq(connections.id, id));
  await expect(refreshConnection(jobs, { id, force: true })).rejects.toMatchObject({ code: 'needs_reconnect' });
  okta.reset();
  await visitor.connect('okta', {}, { intent: 'reconnect', connection_id: id });
  await revokeConnection(await visitor.context(), { id });
  await settle(runtime);

  const later = new Date(Date.now() + 60_000);
  await evaluateAlerts(jobs, { now: later });
  for (let n = 0; n < 2; n++) await deliverWebhooks(jobs, { now: later });
  const told = hook.got.map(({ body }) => JSON.parse(body) as { type: string; data: { connection_id?: string } });
  expect(told.filter(({ data }) => data.connection_id === id).map(({ type }) => type)).toEqual([
    'connection.created',
    'connection.needs_reauth',
    'connection.reconnected',
    'connection.revoked',
  ]);
  await hub.database.db.execute(sql`delete from webhook_endpoints`);
});
