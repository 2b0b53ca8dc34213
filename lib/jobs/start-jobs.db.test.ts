import { createServer } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { flows } from '#lib/db/schema/flows';
import { ledger } from '#lib/db/schema/ledger';
import { rateLimits } from '#lib/db/schema/rate-limits';
import { revocations } from '#lib/db/schema/revocations';
import { sessions } from '#lib/db/schema/sessions';
import { webhookDeliveries, webhookMessages } from '#lib/db/schema/webhooks';
import { startJobs, tick } from '#lib/jobs/start-jobs';
import { createWebhook } from '#lib/webhooks/create';
import { withDatabase } from '#tests/database';
import { addConnection, addFreshAdministrator, addPerson, createRuntime } from '#tests/hub';
import { listenOnLoopback } from '#tests/servers/loopback';

/** The rows that a tick finds: something over and something live of each kind. */
async function prepare(runtime: ReturnType<typeof createRuntime>): Promise<void> {
  const { db } = runtime.database;
  const { id: personId } = await addPerson(runtime);
  const connectionId = await addConnection(runtime, { personId, provider: 'gone', values: { status: 'revoked' } });
  await db.insert(revocations).values({
    personId,
    connectionId,
    provider: 'gone',
    requestedBy: 'system',
    nextAttemptAt: sql`now() - interval '1 second'`,
  });
  await db.delete(sessions);
  for (const [name, when] of [
    ['over', sql`now() - interval '60 days'`],
    ['live', sql`now() + interval '1 hour'`],
  ] as const) {
    await db.insert(flows).values({ id: name, intent: 'sign_in', sealed: 'x', expiresAt: when });
    await db.insert(rateLimits).values({ key: name, expire: when });
    await db.insert(sessions).values({ idHash: name, publicId: name, personId, expiresAt: when });
  }
}

async function left(runtime: ReturnType<typeof createRuntime>) {
  const { db } = runtime.database;
  return {
    revocation: (await db.select({ state: revocations.state }).from(revocations))[0]?.state,
    flows: (await db.select({ key: flows.id }).from(flows)).map(({ key }) => key),
    limits: (await db.select({ key: rateLimits.key }).from(rateLimits)).map(({ key }) => key),
    sessions: (await db.select({ key: sessions.publicId }).from(sessions)).map(({ key }) => key),
  };
}

test('a tick works off what is due and removes what is over', async () => {
  await withDatabase(async (database) => {
    const runtime = createRuntime(database, []);
    await prepare(runtime);
    await tick(systemContext(runtime, 'jobs'));
    expect(await left(runtime)).toEqual({
      revocation: 'failed',
      flows: ['live'],
      limits: ['live'],
      sessions: ['live'],
    });
    expect(runtime.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

test('a receiver that is slow keeps nobody’s revocation waiting', async () => {
  await withDatabase(async (database) => {
    const runtime = createRuntime(database, []);
    await prepare(runtime);
    const receiver = createServer(async (_, response) => {
      while ((await left(runtime)).revocation === 'pending') await setImmediate(undefined);
      response.writeHead(204).end();
    });
    const { port, close } = await listenOnLoopback(receiver);
    onTestFinished(close);
    const host = `127.0.0.1:${port}`;
    const hub = { ...runtime, config: { ...runtime.config, webhookInternalHosts: [host] } };
    const { id: endpointId } = await createWebhook(await addFreshAdministrator(hub), {
      name: 'x',
      url: `http://${host}/`,
    });
    const [createdAt, payload] = [new Date(), { type: 'x' }];
    await database.db.insert(webhookMessages).values({ id: 'msg_x', type: 'x', payload, createdAt });
    const delivery = { endpointId, messageId: 'msg_x', createdAt, nextAttemptAt: createdAt };
    await database.db.insert(webhookDeliveries).values(delivery);
    await tick(systemContext(hub, 'jobs'));
    expect(await database.db.select({ state: webhookDeliveries.state }).from(webhookDeliveries)).toEqual([
      { state: 'delivered' },
    ]);
  });
});

test('a tick makes the partitions of months to come, in a process that runs for years', async () => {
  await withDatabase(async (database) => {
    const later = { ...createRuntime(database, []), now: () => new Date('2037-03-15T00:00:00Z') };
    await tick(systemContext(later, 'jobs'));
    const made = await database.db.execute(sql`select to_regclass('ledger_2038_04')::text as name`);
    expect(rowsOf(made)).toEqual([{ name: 'ledger_2038_04' }]);
    expect(later.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

test('a step that fails is logged and keeps none of the others from their work', async () => {
  await withDatabase(async (database) => {
    const runtime = createRuntime(database, []);
    await prepare(runtime);
    await database.db.execute(sql`alter table flows rename to elsewhere`);
    expect(await tick(systemContext(runtime, 'jobs'))).toEqual(['purge_flows']);
    await database.db.execute(sql`alter table elsewhere rename to flows`);
    expect(await left(runtime)).toEqual({
      revocation: 'failed',
      flows: ['over', 'live'],
      limits: ['live'],
      sessions: ['live'],
    });
    const failures = runtime.logged.filter(({ event }) => event === 'tick_step_failed');
    expect(failures).toEqual([expect.objectContaining({ step: 'purge_flows' })]);
  });
});

test('jobs start on either engine, and their end writes the last refusals', async () => {
  await withDatabase(async (database) => {
    const runtime = createRuntime(database, []);
    const stop = startJobs(runtime);
    runtime.refusals.add({ ip: '203.0.113.9', requestId: 'req_1' }, 'state_unknown');
    await stop();
    const written = async () =>
      (await database.db.select().from(ledger).orderBy(ledger.id)).map(({ action, code }) => [action, code]);
    expect(await written()).toEqual([['request.refused', 'state_unknown']]);
    // Requests that were running go on while the jobs stop.
    runtime.refusals.add({ ip: '203.0.113.9', requestId: 'req_2' }, 'invalid_api_key');
    await stop();
    expect(await written()).toEqual([
      ['request.refused', 'state_unknown'],
      ['request.refused', 'invalid_api_key'],
    ]);
    expect(runtime.logged.filter(({ event }) => event === 'jobs_error')).toEqual([]);
  });
});
