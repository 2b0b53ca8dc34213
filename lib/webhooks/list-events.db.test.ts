import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { type Context, systemContext } from '#lib/context';
import { ledger } from '#lib/db/schema/ledger';
import type { LedgerAction } from '#lib/ledger/actions';
import { record } from '#lib/ledger/record';
import { createWebhook } from '#lib/webhooks/create';
import { deliverWebhooks } from '#lib/webhooks/deliver';
import { type EventMessage, listEvents } from '#lib/webhooks/list-events';
import { reachingNow } from '#tests/alerts';
import { addApiKey, addApplication, addPerson, addPersonOf, createRuntime, plainRecord } from '#tests/hub';
import { webhookHub } from '#tests/webhook-hub';

const { database, receiver, hubWith } = webhookHub();

const brief = (events: EventMessage[]) =>
  events.map(({ body: { type, data } }) => `${data.connection_id} ${type.replace('connection.', '')}`);

async function given(host?: string) {
  const { runtime, admin } = await hubWith(...(host ? [host] : []));
  const system = systemContext(runtime, 'jobs');
  const happened = (
    action: LedgerAction,
    connectionId = 'con_a',
    more: { personId?: string; provider?: string } = {},
  ) => record(database.db, system, { action, connectionId, personId: 'per_a', provider: 'acme', ...more });
  /** Half a minute ago, one after the other: what the hub does takes longer than a millisecond. */
  const begun = Date.now() - 30_000;
  let times = 0;
  const happenedBefore = (
    action: LedgerAction,
    connectionId: string,
    more: { personId: string; provider?: string },
  ) => {
    const row = { outcome: 'ok', actorType: 'system', provider: 'acme', ...more } as const;
    times += 1;
    return database.db.insert(ledger).values({ ...row, action, connectionId, at: new Date(begun + times * 10) });
  };
  const { ctx } = await addApiKey(runtime, { scopes: ['connections:read'] });
  /** Reads on to the end, each message once. */
  const readOn = async (since: string, by: Context = ctx, limit?: number) => {
    const seen = new Map<string, EventMessage>();
    for (let next = since; ; ) {
      const answer = await listEvents(by, { since: next, ...(limit ? { limit } : {}) });
      for (const event of answer.events) seen.set(event.id, event);
      next = answer.next;
      if (!answer.hasMore) return { events: [...seen.values()], next };
    }
  };
  return { runtime, admin, system, happened, happenedBefore, ctx, readOn };
}

/** The cursor as one that was answered so many milliseconds earlier; of later ones where negative. */
function earlier(cursor: string, milliseconds: number): string {
  const read = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as { at: number };
  return Buffer.from(JSON.stringify({ ...read, at: read.at - milliseconds })).toString('base64url');
}

/** Everything that was written so far lies so far back that all of it has settled. */
const settleBack = (minutes = 1) =>
  database.db.execute(sql`update ledger set at = at - make_interval(mins => ${minutes})`);

test('the messages are those of a webhook, by the same ids', async () => {
  const hook = await receiver();
  const { runtime, admin, system, happenedBefore, ctx, readOn } = await given(hook.host);
  await createWebhook(admin, { name: 'x', url: hook.url });
  const person = await addPersonOf(runtime, await addApplication(runtime), { user: '42', label: 'Ada' });
  const { id: other } = await addPerson(runtime, { email: 'bob@example.com' });
  await evaluateAlerts(system, { now: new Date(Date.now() - 60_000) });
  const { next } = await listEvents(ctx, {});
  for (const action of [
    'connection.created',
    'token.vended',
    'token.refreshed',
    'connection.needs_reconnect',
    'token.refreshed',
    'token.refreshed',
    'connection.needs_reconnect',
    'connection.reconnected',
    'connection.revoked',
  ] as const) {
    await happenedBefore(action, 'con_a', { personId: person });
  }
  await happenedBefore('connection.created', 'con_b', { personId: other });
  await evaluateAlerts(system, { now: reachingNow() });
  await deliverWebhooks(system, { now: new Date(Date.now() + 10_000) });
  const sent = hook.got
    .map(({ headers, body }) => ({ id: headers['webhook-id'] ?? '', body: JSON.parse(body) as EventMessage['body'] }))
    .filter(({ body }) => body.type.startsWith('connection.'));
  const read = (await readOn(earlier(next, 60_000))).events;
  const inOrder = (list: typeof read) => list.toSorted((a, b) => a.id.localeCompare(b.id));
  expect(inOrder(read)).toEqual(inOrder(sent));
  expect(read.map(({ body }) => body.type)).toContain('connection.recovered');
  expect(read).toHaveLength(7);
});

test('it goes on where the answer before ended, and begins with nothing', async () => {
  const { happened, ctx, readOn } = await given();
  await happened('connection.created', 'con_old');
  await settleBack();
  const begun = await listEvents(ctx, {});
  expect(begun).toMatchObject({ events: [], hasMore: false });
  await happened('connection.created');
  const first = await readOn(begun.next);
  expect(brief(first.events)).toEqual(['con_a created']);
  await settleBack();
  await happened('connection.revoked');
  expect(brief((await readOn(first.next)).events)).toEqual(['con_a revoked']);
});

test('an entry that shows up late is told, whatever was told meanwhile', async () => {
  const { happened, ctx, readOn } = await given();
  const begun = await listEvents(ctx, {});
  await happened('connection.created', 'con_b');
  const first = await readOn(begun.next);
  expect(brief(first.events)).toEqual(['con_b created']);
  // Written before the other entry, and committed after the look.
  await database.db.insert(ledger).values({
    ...{ action: 'connection.created', outcome: 'ok', actorType: 'system', personId: 'per_a', connectionId: 'con_a' },
    at: sql`(select at from ledger where connection_id = 'con_b')`,
  });
  expect(brief((await readOn(first.next)).events)).toContain('con_a created');
});

test('many are told in parts, and after days away all of them', async () => {
  const { happened, ctx, readOn } = await given();
  const { next } = await listEvents(ctx, {});
  for (let n = 0; n < 7; n++) await happened('connection.created', `con_${n}`);
  const days = 3;
  await settleBack(days * 24 * 60);
  await happened('connection.created', 'con_7');
  const { events } = await readOn(earlier(next, days * 86_400_000), ctx, 3);
  expect(brief(events)).toEqual(Array.from({ length: 8 }, (_, n) => `con_${n} created`));
});

test('a key hears of its own application’s people, and of its providers, alone', async () => {
  const { runtime, happenedBefore, ctx, readOn } = await given();
  const planner = await addApplication(runtime, { name: 'Planner' });
  const other = await addApplication(runtime, { name: 'Other' });
  const people = {
    planner: await addPersonOf(runtime, planner, { user: '42' }),
    other: await addPersonOf(runtime, other, { user: '42' }),
    hub: (await addPerson(runtime)).id,
  };
  const { next } = await listEvents(ctx, {});
  for (const [whose, personId] of Object.entries(people))
    for (const provider of ['acme', 'other'])
      for (const action of ['connection.created', 'connection.needs_reconnect', 'token.refreshed'] as const) {
        await happenedBefore(action, `con_${whose}_${provider}`, { personId, provider });
      }
  const two = createRuntime(
    database.current,
    ['acme', 'other'].map((id) => plainRecord('http://127.0.0.1:1', id)),
  );
  const keyOf = async (input: Parameters<typeof addApiKey>[1]) => (await addApiKey(two, input)).ctx;
  const scopes = ['connections:read' as const];
  const heard = async (by: Context) => brief((await readOn(earlier(next, 60_000), by)).events);
  const all = (name: string) => ['created', 'needs_reauth', 'recovered'].map((type) => `${name} ${type}`);
  expect(await heard(await keyOf({ scopes, applicationId: planner }))).toEqual([
    ...all('con_planner_acme'),
    ...all('con_planner_other'),
  ]);
  expect(await heard(await keyOf({ scopes, applicationId: planner, providers: ['acme'] }))).toEqual(
    all('con_planner_acme'),
  );
  expect(await heard(await keyOf({ scopes, providers: ['other'] }))).toEqual(
    Object.keys(people).flatMap((whose) => all(`con_${whose}_other`)),
  );
  expect(await heard(ctx)).toHaveLength(18);
});

test('a key without the scope hears nothing, and text of another making is refused', async () => {
  const { runtime, ctx } = await given();
  const { ctx: vends } = await addApiKey(runtime, { scopes: ['tokens:vend'] });
  await expect(listEvents(vends, {})).rejects.toMatchObject({ code: 'insufficient_scope' });
  for (const since of [
    '',
    'x',
    'e30',
    Buffer.from('{"at":-1,"entry":0,"fence":{"position":0,"at":0}}').toString('base64url'),
  ])
    await expect(listEvents(ctx, { since })).rejects.toMatchObject({ code: 'invalid_request' });
});

test('a cursor of more than thirty days ago is refused, one of less is not', async () => {
  const { ctx } = await given();
  const { next } = await listEvents(ctx, {});
  const days = (n: number) => earlier(next, n * 86_400_000);
  await expect(listEvents(ctx, { since: days(31) })).rejects.toMatchObject({ code: 'invalid_request' });
  expect(await listEvents(ctx, { since: days(29) })).toMatchObject({ events: [], hasMore: true });
});

test('a cursor of a time that has not come waits for no future', async () => {
  const { happened, ctx, readOn } = await given();
  const { next } = await listEvents(ctx, {});
  const first = await readOn(earlier(next, -86_400_000));
  await happened('connection.created');
  expect(brief((await readOn(first.next)).events)).toEqual(['con_a created']);
});
