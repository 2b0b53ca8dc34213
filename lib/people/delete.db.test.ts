import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { letGoOfRevocation } from '#lib/bulk-revocation/let-go';
import { openTokens } from '#lib/connections/tokens-at-rest';
import { systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import { deletePerson } from '#lib/people/delete';
import { workRevocations } from '#lib/revocation/work-revocations';
import { vendToken } from '#lib/tokens/vend-token';
import { demoHub } from '#tests/demo-hub';
import {
  addApiKey,
  addConnection,
  addFreshAdministrator,
  addPerson,
  createRuntime,
  entries,
  plainRecord,
  settle,
} from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo', 'google', 'github', 'salesforce', 'okta', 'auth0']);
const providers = ['google', 'github', 'salesforce', 'okta', 'auth0'] as const;

/** Every row of every table of ours, as text. */
async function everything(): Promise<string> {
  const { db } = hub.database;
  const tables = rowsOf<{ name: string }>(
    await db.execute(
      sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    ),
  );
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['people', 'connections', 'sessions', 'ledger', 'revocations', 'api_keys']),
  );
  const rows = await Promise.all(tables.map(({ name }) => db.execute(sql`select * from ${sql.identifier(name)}`)));
  return JSON.stringify(rows.map(rowsOf));
}

const found = (text: string, markers: readonly string[]) => markers.filter((marker) => text.includes(marker));
const ledgerRows = () => hub.database.db.select().from(ledger).orderBy(ledger.at, ledger.id);

test('deleting a person ends every grant, erases whatever tells of them, and leaves the ledger whole', async () => {
  const admin = await addFreshAdministrator(hub.runtime);
  const ada = new Visitor(hub.runtime);
  const account = 'canary-person@canary.example';
  const personId = await ada.signIn(account);
  for (const provider of providers) await ada.connect(provider, { account });
  await new Visitor(hub.runtime).signIn(account);
  const { ctx: key } = await addApiKey(hub.runtime);
  const rows = await hub.database.db.select().from(connections).where(eq(connections.personId, personId));
  expect(rows).toHaveLength(5);
  for (const { id } of rows) await vendToken(key, { id });
  const [person] = await hub.database.db.select().from(people).where(eq(people.id, personId));
  if (!person) throw new Error('no such person');
  const labels = rows
    .flatMap(({ subject, label, extras }) => [subject, label, ...Object.values(extras)])
    .filter((text) => typeof text === 'string');
  const markers = [person.name ?? '', person.email ?? '', person.subject, account, ...labels].filter(
    (text) => text.length > 3,
  );
  expect(found(await everything(), markers)).toEqual(markers);

  const tokens = rows.map((row) => openTokens(hub.runtime, row).accessToken ?? '');
  const before = await ledgerRows();
  const story = JSON.stringify(before);
  expect(found(story, [...markers, ...tokens, 'Ada', '@'])).toEqual([]);
  expect(new Set(before.map(({ action }) => action))).toEqual(
    new Set(['sign_in.completed', 'flow.started', 'connection.created', 'token.vended', 'api_key.created']),
  );

  // One provider is down: what it must still be told with stays until it was told.
  hub.demo.server('okta').switches.revocation_status = 503;
  expect(await deletePerson(admin, { id: personId, reason: 'asked for it' })).toEqual({ revoked: 5, over: true });
  await settle(hub.runtime);
  expect(found(await everything(), [...markers, ...tokens])).toEqual([]);
  const left = await hub.database.db.select().from(connections).where(eq(connections.personId, personId));
  expect(left.filter(({ accessToken }) => accessToken !== null).map(({ provider }) => provider)).toEqual(['okta']);

  hub.demo.server('okta').switches.revocation_status = null;
  await hub.database.db.update(revocations).set({ nextAttemptAt: sql`now() - interval '1 second'` });
  await workRevocations(systemContext(hub.runtime, 'jobs'));
  for (const row of await hub.database.db.select().from(connections).where(eq(connections.personId, personId))) {
    expect(row).toMatchObject({
      status: 'revoked',
      label: null,
      subject: 'erased',
      accessToken: null,
      refreshToken: null,
      extras: {},
    });
  }
  for (const [index, { provider }] of rows.entries()) {
    const answer = await fetch(`${hub.demo.resourceUrl}/${provider}/me`, {
      headers: { authorization: `Bearer ${tokens[index]}` },
    });
    expect([provider, answer.status]).toEqual([provider, 401]);
  }

  // What was written stays as it was; what came after is only added.
  const after = await ledgerRows();
  expect(after.slice(0, before.length)).toEqual(before);
  expect(found(JSON.stringify(after), [...markers, ...tokens])).toEqual([]);
  expect(after.at(before.length)).toMatchObject({ action: 'connection.revoked' });
  expect(after.filter(({ action }) => action === 'person.deleted')).toMatchObject([
    { personId, details: { revoked: 5 } },
  ]);

  // They are out at the next request, and the same account may begin anew, as somebody else.
  expect((await ada.context()).actor).toEqual({ type: 'anonymous' });
  expect(await new Visitor(hub.runtime).signIn(account)).not.toBe(personId);
});

test('a deletion that failed half-way is finished by repeating it; a finished one is not found', async () => {
  const runtime = createRuntime(hub.database.current, [plainRecord('http://localhost:1')]);
  const admin = await addFreshAdministrator(runtime);
  const { id } = await addPerson(runtime, { name: 'Half', email: 'half@example.com', disabledAt: new Date() });
  const connection = await addConnection(runtime, {
    personId: id,
    provider: 'gone',
    values: { status: 'revoked', accessToken: null },
  });
  expect(await deletePerson(admin, { id, reason: 'again' })).toEqual({ revoked: 0, over: true });
  const [row] = await hub.database.db.select().from(connections).where(eq(connections.id, connection));
  expect(row).toMatchObject({ label: null, subject: 'erased' });
  await expect(deletePerson(admin, { id, reason: 'again' })).rejects.toMatchObject({ code: 'not_found' });
  const deletions = (await entries(runtime)).filter(
    ({ action, actorId }) =>
      action === 'person.deleted' && actorId === (admin.actor.type === 'person' ? admin.actor.personId : ''),
  );
  expect(deletions).toHaveLength(1);
});

test('parts of the provider’s addresses go with the person, those still needed when the revocation is over', async () => {
  const runtime = createRuntime(hub.database.current, []);
  const admin = await addFreshAdministrator(runtime);
  const { id } = await addPerson(runtime);
  const values = { status: 'revoked' as const, accountParams: { shop: 'canary-shop' } };
  const [over, due] = [
    await addConnection(runtime, { personId: id, provider: 'gone', values }),
    await addConnection(runtime, { personId: id, provider: 'gone', values }),
  ];
  for (const [connectionId, state] of [
    [over, 'unsupported'],
    [due, 'pending'],
  ] as const) {
    await hub.database.db
      .insert(revocations)
      .values({ personId: id, connectionId, provider: 'gone', state, requestedBy: id });
  }
  const shops = async () => {
    const rows = await hub.database.db.select().from(connections).where(eq(connections.personId, id));
    return Object.fromEntries(rows.map((row) => [row.id, row.accountParams]));
  };
  await deletePerson(admin, { id, reason: 'asked' });
  expect(await shops()).toEqual({ [over]: {}, [due]: values.accountParams });
  await hub.database.db
    .update(connections)
    .set({ extras: { instance_url: 'https://canary.example' } })
    .where(eq(connections.id, due));
  await hub.database.db.update(revocations).set({ nextAttemptAt: sql`now() - interval '1 second'` });
  await workRevocations(systemContext(runtime, 'jobs'));
  // The provider is not configured: the tokens stay until an administrator lets go, and so does what revoking needs.
  expect(await shops()).toEqual({ [over]: {}, [due]: values.accountParams });
  await letGoOfRevocation(admin, { id: `${due}:0:${id}`, reason: 'ended by hand' });
  expect(await shops()).toEqual({ [over]: {}, [due]: {} });
  expect(found(await everything(), ['canary-shop', 'https://canary.example'])).toEqual([]);
});
