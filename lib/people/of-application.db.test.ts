import { text } from 'node:stream/consumers';
import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { putPerson } from '#lib/applications/put-person';
import { listLedger } from '#lib/audit/list-ledger';
import { exportBulkRevocation } from '#lib/bulk-revocation/export';
import { prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import { startBulkRevocation } from '#lib/bulk-revocation/start';
import { workBulkRevocations } from '#lib/bulk-revocation/work';
import { listConnections } from '#lib/connections/list';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { freezes } from '#lib/db/schema/freezes';
import { people } from '#lib/db/schema/people';
import { freeze } from '#lib/freezes/freeze';
import { standingFreeze } from '#lib/freezes/list';
import { newId } from '#lib/ids';
import { countPeople } from '#lib/people/count';
import { deletePerson } from '#lib/people/delete';
import { disablePerson, enablePerson } from '#lib/people/disable';
import { getPerson } from '#lib/people/get';
import { listPeople } from '#lib/people/list';
import { searchEverything } from '#lib/search/search-everything';
import { vendToken } from '#lib/tokens/vend-token';
import { exportConnections } from '#lib/transfer/export-connections';
import { sharedDatabase } from '#tests/database';
import {
  addApiKey,
  addApplication,
  addConnection,
  addFreshAdministrator,
  addPersonOf,
  createRuntime,
  entries,
  plainRecord,
  rowOf,
  settle,
} from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let admin: Context;
let applicationId: string;
let key: Context;
let personId: string;
let id: string;

let canary: { user: string; tenant: string; label: string };

beforeEach(async () => {
  // Of each test its own: the rows of the others stay.
  canary = { user: newId('user'), tenant: newId('tenant'), label: `Canary ${newId('x')}` };
  await database.db.delete(freezes);
  runtime = createRuntime(database.current, [{ ...plainRecord('http://127.0.0.1:9'), revoke: { style: 'none' } }]);
  admin = await addFreshAdministrator(runtime);
  applicationId = await addApplication(runtime);
  key = (await addApiKey(runtime, { applicationId, scopes: ['tokens:vend', 'connections:read'] })).ctx;
  personId = await addPersonOf(runtime, applicationId, canary);
  id = await addConnection(runtime, { personId });
});

/** Every row of every table of ours, as text. */
async function everything(): Promise<string> {
  const { db } = database;
  const tables = rowsOf<{ name: string }>(
    await db.execute(
      sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    ),
  );
  const rows = await Promise.all(tables.map(({ name }) => db.execute(sql`select * from ${sql.identifier(name)}`)));
  return JSON.stringify(rows.map(rowsOf));
}

describe('people of an application', () => {
  test('stand in the list of people through it, and are filtered and found by its ids', async () => {
    const view = await getPerson(admin, { id: personId });
    expect(view).toMatchObject({
      name: canary.label,
      email: null,
      application: { id: applicationId, name: 'Planner', tenant: canary.tenant, user: canary.user },
      role: 'user',
      connections: 1,
    });
    expect((await listPeople(admin, { application: applicationId })).items).toEqual([view]);
    expect(await countPeople(admin, { application: applicationId })).toMatchObject({ count: 1 });
    expect((await listPeople(admin, { application: await addApplication(runtime) })).items).toEqual([]);
    const ids = async (query: string) => (await listPeople(admin, { query })).items.map((one) => one.id);
    expect(await ids(canary.user)).toContain(personId);
    expect(await ids(canary.user.slice(0, -1))).not.toContain(personId);
    expect(await ids(canary.label.toUpperCase())).toContain(personId);
  });

  test('are found by the search for everything, and so is the application', async () => {
    const other = await addApplication(runtime, { name: 'A name of its own' });
    expect(await searchEverything(admin, { query: other })).toMatchObject({ lead: { kind: 'application', id: other } });
    expect(await searchEverything(admin, { query: 'a name of its OWN' })).toMatchObject({
      lead: { kind: 'application', id: other },
    });
    const user = `only-${personId}`;
    const known = await addPersonOf(runtime, other, { user });
    expect(await searchEverything(admin, { query: user })).toMatchObject({ lead: { kind: 'person', id: known } });
  });

  test('cannot pass for a person of the hub by their label', async () => {
    const fake = await addPersonOf(runtime, applicationId, { user: '1', label: 'root@hub.example' });
    await addConnection(runtime, { personId: fake });
    await freeze(admin, { scope: 'person', target: fake, reason: 'r' });
    const marked = 'root@hub.example (through Planner)';
    expect((await standingFreeze(admin, { scope: 'person', target: fake }))?.targetName).toBe(marked);
    const { items } = await listLedger(admin, { personId: fake });
    expect(items[0]?.person).toEqual({ id: fake, name: marked });
    const [listed] = (await listConnections(admin, { personId: fake })).items;
    expect(listed?.person).toMatchObject({
      email: null,
      identity: { kind: 'application', applicationName: 'Planner' },
    });
    expect((await listPeople(admin, { query: 'root@hub.example' })).items[0]?.application?.name).toBe('Planner');
  });

  test('are frozen and thawed by the same names', async () => {
    await freeze(admin, { scope: 'person', target: personId, reason: 'r' });
    await expect(vendToken(key, { id })).rejects.toMatchObject({ code: 'frozen' });
    await database.db.delete(freezes);
    expect((await vendToken(key, { id })).accessToken).toBeDefined();
  });

  test('lose their connections by a bulk revocation, whose file names them', async () => {
    const { id: bulk } = await prepareBulkRevocation(admin, { personId });
    await startBulkRevocation(admin, { id: bulk, reason: 'r', expected: 1 });
    await workBulkRevocations(systemContext(runtime, 'jobs'));
    await settle(runtime);
    expect(await rowOf(runtime, id)).toMatchObject({ status: 'revoked' });
    const csv = await text((await exportBulkRevocation(admin, { id: bulk, format: 'csv' })).body);
    expect(csv).toContain(`${applicationId},${canary.tenant},${canary.user}`);
    const json = JSON.parse(await text((await exportBulkRevocation(admin, { id: bulk, format: 'json' })).body));
    expect(json.rows).toMatchObject([
      { identity: { id: personId, application: applicationId, tenant: canary.tenant, user: canary.user } },
    ]);
  });

  test('stand by their ids in the export of connections', async () => {
    const lines = await exportConnections(admin, {});
    expect(lines.find((line) => line.connection === id)).toMatchObject({
      user_id: personId,
      person: {
        id: personId,
        application: applicationId,
        tenant: canary.tenant,
        user: canary.user,
        label: canary.label,
      },
    });
  });

  test('are disabled and enabled by the same names', async () => {
    expect(await disablePerson(admin, { id: personId, reason: 'r' })).toEqual({ revoked: 1 });
    await settle(runtime);
    await expect(vendToken(key, { id })).rejects.toMatchObject({ code: 'revoked' });
    // The application cannot bring them back.
    await expect(
      putPerson(database.db, applicationId, { id: canary.user, tenant: canary.tenant }),
    ).rejects.toMatchObject({ code: 'person_disabled' });
    await enablePerson(admin, { id: personId, reason: 'r' });
    expect(await addPersonOf(runtime, applicationId, canary)).toBe(personId);
  });

  test('are deleted with all that tells of them, and may come anew as another person', async () => {
    await vendToken(key, { id });
    const markers = Object.values(canary);
    const held = async () => {
      const found = await everything();
      return markers.filter((marker) => found.includes(marker));
    };
    expect(await held()).toEqual(markers);
    expect(await deletePerson(admin, { id: personId, reason: 'asked for it' })).toEqual({ revoked: 1, over: true });
    await settle(runtime);
    expect(await held()).toEqual([]);
    expect((await entries(runtime)).map(({ action }) => action)).toContain('person.deleted');
    const [row] = await database.db.select().from(people).where(eq(people.id, personId));
    expect(row).toMatchObject({ applicationId, applicationUser: null, applicationTenant: null, name: null });
    const [listed] = (await listConnections(key, {})).items;
    expect(listed?.person).toMatchObject({ id: personId, identity: { user: null, tenant: null } });
    expect(await addPersonOf(runtime, applicationId, canary)).not.toBe(personId);
  });
});
