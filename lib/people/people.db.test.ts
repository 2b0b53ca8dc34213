import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { actorId } from '#lib/actor';
import type { Context, Role, Runtime } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import { newPersonId } from '#lib/ids';
import { countPeople } from '#lib/people/count';
import { deletePerson } from '#lib/people/delete';
import { disablePerson, enablePerson } from '#lib/people/disable';
import { getPerson } from '#lib/people/get';
import { listPeople } from '#lib/people/list';
import { setRole } from '#lib/people/set-role';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addFreshAdministrator, addPerson, as, createRuntime, entries } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let admin: Context;
let adminId: string;
beforeAll(async () => {
  runtime = createRuntime(database.current, []);
  admin = await addFreshAdministrator(runtime, 'Root');
  adminId = actorId(admin.actor) ?? '';
});

const rowOf = async (id: string) => (await database.db.select().from(people).where(eq(people.id, id)))[0];
const newEntries = async (since: number) => (await entries(runtime)).slice(since);

const changes: [name: string, act: (ctx: Context, id: string) => Promise<unknown>][] = [
  ['setRole', (ctx, id) => setRole(ctx, { id, role: 'auditor' })],
  ['disablePerson', (ctx, id) => disablePerson(ctx, { id, reason: 'r' })],
  ['enablePerson', (ctx, id) => enablePerson(ctx, { id, reason: 'r' })],
  ['deletePerson', (ctx, id) => deletePerson(ctx, { id, reason: 'r' })],
];
const readings: typeof changes = [
  ['listPeople', (ctx) => listPeople(ctx)],
  ['countPeople', (ctx) => countPeople(ctx)],
  ['getPerson', (ctx, id) => getPerson(ctx, { id })],
];

describe.each(changes)('%s', (_, act) => {
  test.each<[Role]>([['user'], ['auditor']])(
    'is forbidden to a person with the role %s, and changes nothing',
    async (role) => {
      const { id } = await addPerson(runtime);
      const before = await rowOf(id);
      const since = (await entries(runtime)).length;
      await expect(act((await addPerson(runtime)).ctx(role), id)).rejects.toMatchObject({ code: 'forbidden' });
      expect(await rowOf(id)).toEqual(before);
      expect(await newEntries(since)).toEqual([]);
    },
  );

  test('asks anonymous callers and API keys to sign in', async () => {
    const { id } = await addPerson(runtime);
    const key = await addApiKey(runtime, { scopes: ['connections:read', 'connections:revoke', 'tokens:vend'] });
    for (const ctx of [as(runtime, { type: 'anonymous' }), key.ctx]) {
      await expect(act(ctx, id)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });

  test.each(['per_0000000000000000', '', 'x', "' or true --"])('of nobody (%j) is not found', async (id) => {
    await expect(act(admin, id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('of a deleted person is not found', async () => {
    const { id } = await addPerson(runtime, { deletedAt: new Date() });
    await expect(act(admin, id)).rejects.toMatchObject({ code: 'not_found' });
  });
});

test.each(changes.filter(([name]) => name !== 'enablePerson'))('%s of oneself is a conflict', async (_, act) => {
  await expect(act(admin, adminId)).rejects.toMatchObject({ code: 'conflict' });
  expect(await rowOf(adminId)).toMatchObject({ role: 'administrator', disabledAt: null, deletedAt: null });
});

describe.each(readings)('%s', (_, act) => {
  test('is for administrators and auditors only', async () => {
    const { id } = await addPerson(runtime);
    await expect(act((await addPerson(runtime)).ctx('user'), id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(act(as(runtime, { type: 'anonymous' }), id)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(act((await addPerson(runtime)).ctx('auditor'), id)).resolves.toBeTruthy();
  });
});

test('without a sign-in of the last five minutes a person can be disabled, unless an administrator, and no more', async () => {
  const stale = (await addPerson(runtime, { role: 'administrator' })).ctx();
  const needs = { code: 'step_up_required', status: 403 };
  const targets = [
    await addPerson(runtime, { role: 'administrator' }),
    await addPerson(runtime, { adminByConfig: true }),
  ];
  for (const { id } of targets) {
    for (const [, act] of changes) await expect(act(stale, id)).rejects.toMatchObject(needs);
    expect(await rowOf(id)).toMatchObject({ disabledAt: null, deletedAt: null });
  }
  const { id } = await addPerson(runtime, { role: 'auditor' });
  await disablePerson(stale, { id, reason: 'left' });
  for (const [name, act] of changes.filter(([name]) => name !== 'disablePerson'))
    await expect(act(stale, id), name).rejects.toMatchObject(needs);
  expect(await rowOf(id)).toMatchObject({ role: 'auditor', disabledAt: expect.any(Date), deletedAt: null });
});

describe('roles', () => {
  test('are changed once, with what was before in the ledger', async () => {
    const { id } = await addPerson(runtime);
    const since = (await entries(runtime)).length;
    await setRole(admin, { id, role: 'auditor' });
    await setRole(admin, { id, role: 'auditor' });
    expect(await rowOf(id)).toMatchObject({ role: 'auditor' });
    expect(await newEntries(since)).toMatchObject([
      { action: 'person.role_changed', actorId: adminId, details: { from: 'user', to: 'auditor' } },
    ]);
  });

  test('of an administrator by ADMIN_EMAILS cannot be changed here', async () => {
    const { id } = await addPerson(runtime, { adminByConfig: true });
    await expect(setRole(admin, { id, role: 'user' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await getPerson(admin, { id })).toMatchObject({ role: 'administrator', roleFromConfig: true });
  });

  test('that do not exist are refused, by the database too', async () => {
    const { id } = await addPerson(runtime);
    const role = 'owner' as Role;
    await expect(setRole(admin, { id, role })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(database.db.update(people).set({ role }).where(eq(people.id, id))).rejects.toThrow();
    expect(await rowOf(id)).toMatchObject({ role: 'user' });
  });
});

test('disabling and enabling are said once each, with the reason', async () => {
  const { id } = await addPerson(runtime);
  const since = (await entries(runtime)).length;
  await disablePerson(admin, { id, reason: 'left' });
  const { disabledAt } = (await rowOf(id)) ?? {};
  await disablePerson(admin, { id, reason: 'again' });
  expect((await rowOf(id))?.disabledAt).toEqual(disabledAt);
  await enablePerson(admin, { id, reason: 'back' });
  await enablePerson(admin, { id, reason: 'again' });
  expect((await rowOf(id))?.disabledAt).toBeNull();
  expect(await newEntries(since)).toMatchObject([
    { action: 'person.disabled', details: { reason: 'left', sessions: 1, revoked: 0 } },
    { action: 'person.enabled', details: { reason: 'back' } },
  ]);
});

test.each(['', '  ', 'x'.repeat(301)])('a reason that says nothing, or too much (%j), is refused', async (reason) => {
  const { id } = await addPerson(runtime);
  for (const act of [disablePerson, enablePerson, deletePerson]) {
    await expect(act(admin, { id, reason })).rejects.toMatchObject({ code: 'invalid_request' });
  }
  expect(await rowOf(id)).toMatchObject({ disabledAt: null, deletedAt: null });
});

describe('the list', () => {
  test('comes in pages, newest first, each person once, deleted ones never', async () => {
    const gone = await addPerson(runtime, { deletedAt: new Date() });
    // Several in one moment: the id decides.
    const createdAt = new Date();
    for (let n = 0; n < 5; n++) await addPerson(runtime, { createdAt });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listPeople(admin, { limit: 3, ...(cursor ? { cursor } : {}) });
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    const all = await database.db.select({ id: people.id, deletedAt: people.deletedAt }).from(people);
    const living = all.filter(({ deletedAt }) => deletedAt === null).map(({ id }) => id);
    expect([...seen].sort()).toEqual([...living].sort());
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).not.toContain(gone.id);
  });

  test('finds by part of a name or e-mail, taking % and _ as they are, or by id', async () => {
    const tag = newPersonId().slice(4);
    const { id } = await addPerson(runtime, { name: `Ada_${tag}`, email: `${tag}%1@example.com` });
    const other = await addPerson(runtime, { name: `AdaX${tag}`, email: `${tag}21@example.com` });
    const found = async (query: string) => (await listPeople(admin, { query })).items.map((person) => person.id).sort();
    expect(await found(tag)).toEqual([id, other.id].sort());
    expect(await found(`ada_${tag}`)).toEqual([id]);
    expect(await found(`${tag}%1`)).toEqual([id]);
    expect(await found(other.id)).toEqual([other.id]);
    expect(await found("\\' or true --")).toEqual([]);
  });

  test('finds letters beyond ASCII in any case, and a new name in place of the old one', async () => {
    const { id } = await addPerson(runtime, { name: 'Zoë Ødegård' });
    const found = async (query: string) => (await listPeople(admin, { query })).items.map((person) => person.id);
    expect(await found('ZOË ØDEG')).toEqual([id]);
    await database.db.update(people).set({ name: 'Zoë Nyström' }).where(eq(people.id, id));
    expect([await found('ødegård'), await found('nyström')]).toEqual([[], [id]]);
  });

  test.each(['ab', '1%s', '@@@', '%%%%'])('begins to search at three letters: %j is refused', async (query) => {
    for (const verb of [listPeople, countPeople]) {
      await expect(verb(admin, { query })).rejects.toMatchObject({ issues: [{ path: 'query' }] });
    }
  });

  test('is counted as it is listed, up to a cap', async () => {
    const tag = newPersonId().slice(4);
    for (let n = 0; n < 3; n++) {
      await addPerson(runtime, {
        name: `${tag} ${n}`,
        ...(n === 0 ? { disabledAt: new Date(), role: 'auditor' } : {}),
      });
    }
    expect(await countPeople(admin, { query: tag })).toEqual({ count: 3, capped: false });
    expect(await countPeople(admin, { query: tag }, 3)).toEqual({ count: 3, capped: false });
    expect(await countPeople(admin, { query: tag }, 2)).toEqual({ count: 2, capped: true });
    for (const filter of [{ role: 'auditor' }, { status: 'disabled' }] as const) {
      expect(await countPeople(admin, { query: tag, ...filter })).toEqual({ count: 1, capped: false });
    }
    for (const filter of [{}, { role: 'user' }, { role: 'administrator' }, { status: 'active' }] as const) {
      const { items } = await listPeople(admin, { ...filter, limit: 100 });
      expect(await countPeople(admin, filter)).toEqual({ count: items.length, capped: false });
    }
  });

  test('filters by the role that counts and by status, and counts live connections', async () => {
    const { id } = await addPerson(runtime, { adminByConfig: true, disabledAt: new Date() });
    await addConnection(runtime, { personId: id });
    await addConnection(runtime, { personId: id, values: { status: 'revoked', accessToken: null } });
    const admins = await listPeople(admin, { role: 'administrator', status: 'disabled' });
    expect(admins.items).toEqual([
      expect.objectContaining({ id, role: 'administrator', status: 'disabled', connections: 1 }),
    ]);
    expect((await listPeople(admin, { role: 'user' })).items.map((person) => person.id)).not.toContain(id);
    expect((await listPeople(admin, { status: 'active' })).items.map((person) => person.id)).not.toContain(id);
  });

  test.each(['x', 'e30', Buffer.from('{"at":"yesterday","id":"x"}').toString('base64url')])(
    'a cursor that is not ours (%s) is refused',
    async (cursor) => {
      await expect(listPeople(admin, { cursor })).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );

  test('shows no subject', async () => {
    const { id } = await addPerson(runtime, { subject: 'canary-subject' });
    expect(JSON.stringify(await getPerson(admin, { id }))).not.toContain('canary-subject');
  });
});

test('disabling revokes every live connection and ends every session; enabling brings neither back', async () => {
  const { id } = await addPerson(runtime);
  const other = await addPerson(runtime);
  const [one, two] = [
    await addConnection(runtime, { personId: id, provider: 'gone' }),
    await addConnection(runtime, { personId: id, provider: 'gone', values: { status: 'needs_reconnect' } }),
  ];
  const theirs = await addConnection(runtime, { personId: other.id, provider: 'gone' });
  expect(await disablePerson(admin, { id, reason: 'left' })).toEqual({ revoked: 2 });
  await Promise.all(runtime.background);
  await enablePerson(admin, { id, reason: 'back' });
  const statuses = await database.db.select({ id: connections.id, status: connections.status }).from(connections);
  const of = new Map(statuses.map((row) => [row.id, row.status]));
  expect([one, two, theirs].map((connection) => of.get(connection))).toEqual(['revoked', 'revoked', 'connected']);
  const states = await database.db.select().from(revocations).where(eq(revocations.personId, id));
  expect(states.map(({ state }) => state)).toEqual(['failed', 'failed']);
});
