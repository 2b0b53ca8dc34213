import { eq, ne, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { personEndings } from '#lib/db/schema/person-endings';
import { deletePerson } from '#lib/people/delete';
import { disablePerson, enablePerson } from '#lib/people/disable';
import { endingBatch } from '#lib/people/end-connections';
import { getPerson } from '#lib/people/get';
import { workEndings } from '#lib/people/work-endings';
import { vendToken } from '#lib/tokens/vend-token';
import { engine, sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addFreshAdministrator, addPerson, createRuntime, entries, settle } from '#tests/hub';
import { steppedDatabase } from '#tests/process-steps';

const database = sharedDatabase();
let runtime: Runtime;
let admin: Context;
beforeEach(async () => {
  runtime = createRuntime(database.current, []);
  admin = await addFreshAdministrator(runtime);
});

const adminId = () => (admin.actor.type === 'person' ? admin.actor.personId : '');

/** A person with so many live connections, of whom one was made as all others are. */
async function withMany(count: number): Promise<{ id: string; connection: string }> {
  const { id } = await addPerson(runtime, { name: 'Ada', email: 'ada@example.com' });
  const connection = await addConnection(runtime, { personId: id, provider: 'gone' });
  await database.db.execute(sql`insert into connections (person_id, id, provider, issuer, subject, label, status,
      scopes_requested, "authorization", access_token)
    select ${id}, 'con_' || substr(${id}, 5) || lpad(n::text, 16, '0'), 'gone', 'https://acme.example', n::text,
      'canary account ' || n, 'connected', '{read}', '{"pkce": "S256"}', 'sealed'
    from generate_series(2, ${count}::int) n`);
  return { id, connection };
}

/** What the ledger says about a person, in order, without the connections one by one. */
async function story(personId: string, since: number) {
  const said = (await entries(runtime)).slice(since);
  const about = rowsOf<{ request_id: string; action: string; person_id: string }>(
    await database.db.execute(sql`select action, person_id, request_id from ledger where person_id = ${personId}`),
  );
  return {
    actions: said.filter(({ action }) => action.startsWith('person.')).map(({ action }) => action),
    revoked: about.filter(({ action }) => action === 'connection.revoked').length,
    requests: new Set(about.map(({ request_id }) => request_id)).size,
    actors: new Set(said.map(({ actorId }) => actorId)),
    last: said.filter(({ action }) => action.startsWith('person.')).at(-1),
  };
}

const rowOf = async (id: string) => (await database.db.select().from(people).where(eq(people.id, id)))[0];
const open = (id: string) => database.db.select().from(personEndings).where(eq(personEndings.personId, id));
const live = async (id: string) =>
  (await database.db.select().from(connections).where(eq(connections.personId, id))).filter(
    ({ status }) => status !== 'revoked',
  ).length;

/** A process that dies before the `at`-th of its transactions. */
function dyingAt(ctx: Context, at: number): Context {
  let begun = 0;
  return {
    ...ctx,
    database: steppedDatabase(ctx.database, async (step) => {
      if (step === 'transaction') begun += 1;
      if (begun >= at) throw new Error('killed');
    }),
  };
}

describe('A-15 deleting and disabling a person', () => {
  test('of few connections is one transaction with one entry, and leaves nothing where it fails', async () => {
    const { id } = await withMany(3);
    const since = (await entries(runtime)).length;
    await database.db.execute(
      sql`alter table ledger add constraint no_deletion check (action <> 'person.deleted') not valid`,
    );
    try {
      await expect(deletePerson(admin, { id, reason: 'asked' })).rejects.toThrow();
    } finally {
      await database.db.execute(sql`alter table ledger drop constraint no_deletion`);
    }
    expect(await rowOf(id)).toMatchObject({ disabledAt: null, deletedAt: null, name: 'Ada' });
    expect([await live(id), (await entries(runtime)).length, await open(id)]).toEqual([3, since, []]);
    expect(await deletePerson(admin, { id, reason: 'asked' })).toEqual({ revoked: 3, over: true });
    expect((await story(id, since)).actions).toEqual(['person.deleted']);
    await settle(runtime);
  });

  // Two full batches to revoke and a rest, as many to erase, and the end: a death before each of them.
  const count = endingBatch[engine] * 2 + 10;
  test.each([1, 2, 3, 4, 5, 6])('of many connections goes on after a death before transaction %i', async (at) => {
    const { id } = await withMany(count);
    const since = (await entries(runtime)).length;
    await deletePerson(dyingAt(admin, at), { id, reason: 'asked' }).catch(() => undefined);
    if (at === 1) {
      expect(await rowOf(id)).toMatchObject({ disabledAt: null, deletedAt: null });
      expect((await story(id, since)).actions).toEqual([]);
      return;
    }
    // Whatever came of it, it is known by whom it was begun, and why.
    if ((await rowOf(id))?.deletedAt === null) {
      expect(await open(id)).toMatchObject([{ kind: 'deleted', requestedBy: adminId(), reason: 'asked' }]);
      expect((await story(id, since)).actions).toEqual(['person.deletion_begun']);
      expect(await rowOf(id)).toMatchObject({ disabledAt: expect.any(Date) });
      expect(await getPerson(admin, { id })).toMatchObject({ status: 'disabled', ending: 'deleted' });
      await expect(enablePerson(admin, { id, reason: 'back' })).rejects.toMatchObject({ code: 'conflict' });
    }
    await workEndings(systemContext(runtime, 'jobs'));
    expect(await rowOf(id)).toMatchObject({ name: null, email: null, deletedAt: expect.any(Date) });
    expect([await live(id), await open(id)]).toEqual([0, []]);
    const left = await database.db.select().from(connections).where(eq(connections.personId, id));
    expect(left.filter(({ label, subject }) => label !== null || subject !== 'erased')).toEqual([]);
    const told = await story(id, since);
    expect(told.actions).toEqual(['person.deletion_begun', 'person.deleted']);
    expect([told.revoked, told.actors]).toEqual([count, new Set([adminId()])]);
    expect(told.last).toMatchObject({ details: { reason: 'asked', revoked: count } });
  });

  test('asked for again goes on with it, and says nothing twice', async () => {
    const { id } = await withMany(count);
    const since = (await entries(runtime)).length;
    await deletePerson(dyingAt(admin, 2), { id, reason: 'asked' }).catch(() => undefined);
    const another = await addFreshAdministrator(runtime);
    expect(await deletePerson(another, { id, reason: 'again' })).toEqual({ revoked: count, over: true });
    const told = await story(id, since);
    expect(told.actions).toEqual(['person.deletion_begun', 'person.deleted']);
    expect(told.last).toMatchObject({ actorId: adminId(), details: { reason: 'asked', revoked: count } });
    await expect(deletePerson(another, { id, reason: 'again' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('disabling one with many revokes in batches that go on by themselves; until then nothing is vended', async () => {
    const { id, connection } = await withMany(count);
    const { ctx: key } = await addApiKey(runtime);
    await vendToken(key, { id: connection });
    const since = (await entries(runtime)).length;
    const dying = dyingAt({ ...admin, background: new Set() }, 2);
    expect(await disablePerson(dying, { id, reason: 'left' })).toEqual({ revoked: count });
    await settle(dying);
    expect(await live(id)).toBe(count - endingBatch[engine]);
    const alive = await database.db
      .select({ id: connections.id })
      .from(connections)
      .where(sql`${eq(connections.personId, id)} and ${ne(connections.status, 'revoked')}`)
      .limit(1);
    await expect(vendToken(key, { id: alive[0]?.id ?? '' })).rejects.toMatchObject({ code: 'frozen' });
    await expect(enablePerson(admin, { id, reason: 'back' })).rejects.toMatchObject({ code: 'conflict' });
    await workEndings(systemContext(runtime, 'jobs'));
    expect([await live(id), await open(id)]).toEqual([0, []]);
    const told = await story(id, since);
    expect(told.actions).toEqual(['person.disabled']);
    expect(told.last).toMatchObject({ actorId: adminId(), details: { reason: 'left', revoked: count } });
    expect(told.revoked).toBe(count);
    await enablePerson(admin, { id, reason: 'back' });
  });

  test('a deletion takes the place of a disabling that goes on', async () => {
    const { id } = await withMany(count);
    const dying = dyingAt({ ...admin, background: new Set() }, 2);
    await disablePerson(dying, { id, reason: 'left' });
    await settle(dying);
    await deletePerson(admin, { id, reason: 'asked' });
    expect(await rowOf(id)).toMatchObject({ deletedAt: expect.any(Date) });
    expect([await live(id), await open(id)]).toEqual([0, []]);
  });
});
