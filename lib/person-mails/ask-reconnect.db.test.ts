import { eq, sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { type Context, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { ledger } from '#lib/db/schema/ledger';
import { personMails } from '#lib/db/schema/person-mails';
import { askToReconnect, countReconnects } from '#lib/person-mails/ask-reconnect';
import { mailPeople } from '#lib/person-mails/send';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import {
  addApplication,
  addConnection,
  addFreshAdministrator,
  addPerson,
  addPersonOf,
  createRuntime,
  freeze,
  plainRecord,
} from '#tests/hub';
import { smtpServer } from '#tests/servers/smtp-server';

const database = sharedDatabase();

beforeEach(async () => {
  for (const table of [personMails, freezes]) await database.db.delete(table);
  await database.db.update(connections).set({ status: 'revoked' });
});

async function hub() {
  const smtp = await smtpServer();
  const plain = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
  const runtime = {
    ...plain,
    config: { ...plain.config, mail: { smtpUrl: smtp.url, from: 'hub@example.com' } },
  };
  const admin = await addFreshAdministrator(runtime);
  /** A person with connections that need them. */
  const needy = async (email: string | null, count = 1, values: Parameters<typeof addPerson>[1] = {}) => {
    const { id: personId } = await addPerson(runtime, { email, ...values });
    const ids: string[] = [];
    for (let at = 0; at < count; at++)
      ids.push(
        await addConnection(runtime, {
          personId,
          values: { status: 'needs_reconnect', statusReason: 'ended_at_provider' },
        }),
      );
    return { personId, ids, id: ids[0] ?? '' };
  };
  const send = (hours = 0) =>
    mailPeople(systemContext(runtime, 'jobs'), { now: new Date(Date.now() + 1_000 + hours * 3_600_000) });
  const about = { provider: 'acme' };
  return { smtp, runtime, admin, needy, send, about };
}

test('all that need it at a provider are counted, asked once, told in one mail each, and in the ledger', async () => {
  const { smtp, runtime, admin, needy, send, about } = await hub();
  await needy('ada@example.com', 2);
  const bob = await needy('bob@example.com');
  await needy(null);
  await needy('eve@example.com', 1, { disabledAt: new Date() });
  const frozen = await needy('ice@example.com');
  await freeze(runtime, 'connection', frozen.id);
  // Known to an application alone, which asks them itself.
  await addConnection(runtime, {
    personId: await addPersonOf(runtime, await addApplication(runtime), { user: '42', label: 'zoe@example.com' }),
    values: { status: 'needs_reconnect', statusReason: 'ended_at_provider' },
  });
  expect(await countReconnects(admin, about)).toEqual({
    ...{ connections: 7, people: 6, askable: { connections: 3, people: 2 } },
    ...{ without: { lately: 0, no_address: 1, disabled: 1, frozen: 1, application: 1 }, canMail: true },
  });
  await expect(askToReconnect(admin, { ...about, expected: 2 })).rejects.toMatchObject({ code: 'conflict' });
  expect(await askToReconnect(admin, { ...about, expected: 3 })).toEqual({ connections: 3 });
  await send();
  expect(smtp.mails.map(({ to }) => to).toSorted()).toEqual([['ada@example.com'], ['bob@example.com']]);
  expect(smtp.mails.find(({ to }) => to.includes('bob@example.com'))?.data.replace(/=\n/g, '')).toContain(
    'An administrator asks you to reconnect this account. Acme ended this connection',
  );
  const asked = await database.db
    .select({ person: ledger.personId })
    .from(ledger)
    .where(eq(ledger.action, 'connection.reconnect_asked'));
  expect(asked).toHaveLength(3);

  // Not twice within a day, one by one or together.
  expect((await countReconnects(admin, about)).without.lately).toBe(2);
  for (const again of [{ ...about, expected: 3 }, { connection: bob.id }])
    await expect(askToReconnect(admin, again)).rejects.toMatchObject({ code: 'conflict' });
  await database.db
    .update(personMails)
    .set({ endedAt: sql`now() - interval '25 hours'`, occurredAt: sql`now() - interval '25 hours'` });
  expect(await askToReconnect(admin, { connection: bob.id })).toEqual({ connections: 1 });
});

/** Who may not, and where nothing can be sent. */
const refusals: [string, code: string, (h: Awaited<ReturnType<typeof hub>>) => Promise<Context>][] = [
  ['a person', 'forbidden', async ({ runtime }) => (await addPerson(runtime)).ctx()],
  ['an auditor', 'forbidden', async ({ runtime }) => (await addPerson(runtime, { role: 'auditor' })).ctx()],
  ['a hub without mail', 'conflict', async ({ admin }) => ({ ...admin, config: { ...admin.config, mail: undefined } })],
  [
    'a hub whose operator turned it off',
    'conflict',
    async ({ admin }) => ({ ...admin, config: { ...admin.config, personMails: ['connected'] } }),
  ],
];
test.each(refusals)('%s asks nobody', async (_, code, caller) => {
  const h = await hub();
  const { id } = await h.needy('ada@example.com');
  await expect(askToReconnect(await caller(h), { connection: id })).rejects.toMatchObject({ code });
  expect(await database.db.select().from(personMails)).toEqual([]);
});

test('what was asked and broke in the same minute is one line of one mail', async () => {
  const { smtp, admin, needy, send } = await hub();
  const { personId, id } = await needy('ada@example.com');
  await askToReconnect(admin, { connection: id });
  const now = new Date();
  await database.db.insert(personMails).values({
    ...{ id: 'pml_1', personId, connectionId: id, provider: 'acme', event: 'needs_reconnect' },
    ...{ reason: 'ended_at_provider', occurredAt: now, dueAt: now },
  });
  await send();
  expect(smtp.mails).toHaveLength(1);
  expect(smtp.mails[0]?.data).toContain('Subject: Reconnect your Acme account');
});

describeWithConnections('two administrators at once', () => {
  test('ask a person once', async () => {
    const { runtime, admin, needy } = await hub();
    const { id } = await needy('ada@example.com');
    const other = await addFreshAdministrator(runtime, 'Lin');
    const both = await Promise.allSettled([admin, other].map((ctx) => askToReconnect(ctx, { connection: id })));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});
