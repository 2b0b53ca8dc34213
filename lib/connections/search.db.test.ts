import { eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { countConnections } from '#lib/connections/count';
import { displayStatuses } from '#lib/connections/filter';
import { listConnections } from '#lib/connections/list';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { connectionSearch } from '#lib/db/schema/connection-search';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { deletePerson } from '#lib/people/delete';
import { sharedDatabase } from '#tests/database';
import {
  addApiKey,
  addConnection,
  addFreshAdministrator,
  addPerson,
  as,
  createRuntime,
  freeze,
  noteUse,
  plainRecord,
} from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let system: Context;
beforeAll(() => {
  const issuer = 'http://127.0.0.1:9';
  runtime = createRuntime(database.current, [plainRecord(issuer), plainRecord(issuer, 'other')]);
  system = systemContext(runtime, 'test');
});

type Found = Parameters<typeof listConnections>[1];
const found = async (input: Found) => (await listConnections(system, input)).items.map(({ id }) => id);
const inDatabase = (id: string) =>
  database.db.select().from(connectionSearch).where(eq(connectionSearch.connectionId, id));

describe('a search', () => {
  let percy: string;
  let calendar: string;
  let numbered: string;
  let emile: string;
  let owner: string;
  beforeAll(async () => {
    const person = await addPerson(runtime, { name: 'Percy 100%_sure\\', email: 'percy@quince.example' });
    owner = person.id;
    const add = (subject: string, label: string | null) =>
      addConnection(runtime, { personId: person.id, subject, values: { label } });
    percy = await add('plain', null);
    calendar = await add('s-1', 'Team-Calendar');
    numbered = await add('5832310077', 'octo');
    const other = await addPerson(runtime, { name: 'Émile Ångström', email: null });
    emile = await addConnection(runtime, { personId: other.id, subject: 'x-2', values: { label: 'Ελένη 日本語' } });
  });
  const all = () => [percy, calendar, numbered];

  test.each<[query: string, why: string, () => string[]]>([
    ['PERCY@', 'part of an e-mail, in any case', all],
    ['quince.example', 'the end of an e-mail', all],
    ['percy 100', 'part of a name with its blank', all],
    ['100%_s', '% and _ as they are', all],
    ['_sure\\', 'a backslash as it is', all],
    ['1%sure', '% for nothing else', () => []],
    ['10__sure', '_ for nothing else', () => []],
    ['m\\-cal', 'a backslash that is not there', () => []],
    ['team-cal', 'part of a label', () => [calendar]],
    ['583231', 'part of an account’s subject', () => [numbered]],
    ['sure\\percy', 'not across two fields', () => []],
    ['  octo  ', 'without the blanks around it', () => [numbered]],
    ['émile', 'letters beyond ASCII in any case', () => [emile]],
    ['ÅNGSTRÖM', 'letters beyond ASCII in any case', () => [emile]],
    ['ελένη', 'other alphabets', () => [emile]],
    ['日本語', 'scripts without case', () => [emile]],
    ['zzzzz', 'what nobody has', () => []],
    ["percy' or 1=1 --", 'quotes as they are', () => []],
  ])('%j finds %s', async (query, _, expected) => {
    expect((await found({ query })).sort()).toEqual([...expected()].sort());
    expect(await countConnections(system, { query })).toEqual({ count: expected().length, capped: false });
  });

  test('of a whole id finds that connection, or all of that person', async () => {
    expect(await found({ query: calendar })).toEqual([calendar]);
    expect((await found({ query: owner })).sort()).toEqual(all().sort());
    expect(await found({ query: `con_${'0'.repeat(32)}` })).toEqual([]);
  });

  test.each(['ab', '1%s', '@@@', ' _ ', 'é日', '%%%%'])('of less than three letters (%j) is refused', async (query) => {
    for (const verb of [listConnections, countConnections]) {
      await expect(verb(system, { query })).rejects.toMatchObject({
        code: 'invalid_request',
        issues: [{ path: 'query' }],
      });
    }
  });

  test('of nothing is none', async () => {
    expect((await found({ query: '  ' })).length).toBeGreaterThanOrEqual(4);
  });

  test('holds together with every other filter', async () => {
    await database.db.update(connections).set({ status: 'revoked' }).where(eq(connections.id, numbered));
    const query = 'percy';
    expect(await found({ query, status: 'revoked' })).toEqual([numbered]);
    expect((await found({ query, status: 'connected' })).sort()).toEqual([percy, calendar].sort());
    expect((await found({ query, provider: 'acme' })).length).toBe(3);
    expect(await found({ query, provider: 'other' })).toEqual([]);
    expect((await found({ query, personId: owner })).length).toBe(3);
    expect((await found({ query, email: 'Percy@Quince.example' })).length).toBe(3);
    expect((await found({ query, issuer: 'https://id.example', subject: owner })).length).toBe(3);
    expect(await found({ query, issuer: 'https://id.example', subject: 'nobody' })).toEqual([]);
    expect(await found({ query: 'team-cal', personId: 'per_0000000000000000' })).toEqual([]);
  });

  test('by an API key stays within its providers', async () => {
    const reach = async (providers: string[]) => {
      const { ctx } = await addApiKey(runtime, { scopes: ['connections:read'], providers });
      return [(await listConnections(ctx, { query: 'percy' })).items.length, (await countConnections(ctx)).count];
    };
    expect((await reach(['acme']))[0]).toBe(3);
    expect(await reach(['other'])).toEqual([0, 0]);
  });

  test('knows a new name or label at once, and the old one no more', async () => {
    const person = await addPerson(runtime, { name: 'Before Marriage', email: 'before@wed.example' });
    const id = await addConnection(runtime, { personId: person.id, values: { label: 'first-label' } });
    await database.db.update(people).set({ name: 'After Marriage', email: null }).where(eq(people.id, person.id));
    expect([await found({ query: 'before' }), await found({ query: 'after m' })]).toEqual([[], [id]]);
    await database.db.update(connections).set({ label: 'second-label' }).where(eq(connections.id, id));
    expect([await found({ query: 'first-l' }), await found({ query: 'second-l' })]).toEqual([[], [id]]);
    expect(await found({ query: 'after m' })).toEqual([id]);
  });

  test('finds nothing of a deleted person, and nothing of theirs is kept for it', async () => {
    const root = await addFreshAdministrator(runtime);
    const person = await addPerson(runtime, { name: 'Forgotten Canary', email: 'canary@forgotten.example' });
    const id = await addConnection(runtime, { personId: person.id, subject: 'canary-77', values: { label: 'canary' } });
    expect(await found({ query: 'canary' })).toEqual([id]);
    await deletePerson(root, { id: person.id, reason: 'asked' });
    expect(await found({ query: 'canary' })).toEqual([]);
    expect(JSON.stringify([await inDatabase(id), await database.db.select().from(people)])).not.toMatch(/canary/i);
  });

  test('goes in pages, newest first or oldest first, each row once', async () => {
    const person = await addPerson(runtime, { name: 'Paging Person' });
    const createdAt = new Date('2026-01-01T00:00:00.000Z');
    for (let n = 0; n < 4; n++) await addConnection(runtime, { personId: person.id, values: { createdAt } });
    await addConnection(runtime, { personId: person.id });
    const walk = async (filter: Found) => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listConnections(system, { ...filter, limit: 2, ...(cursor ? { cursor } : {}) });
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      return seen;
    };
    const newest = await walk({ query: 'paging p' });
    expect(new Set(newest).size).toBe(5);
    expect(newest).toEqual(await walk({ personId: person.id }));
    expect(await walk({ query: 'paging p', sort: 'oldest' })).toEqual(newest.toReversed());
    expect(await walk({ query: 'paging p', status: 'connected' })).toEqual(newest);
  });

  test('leaves its table alone when a token is used or refreshed', async () => {
    const person = await addPerson(runtime);
    const id = await addConnection(runtime, { personId: person.id });
    const version = async () =>
      (await database.db.select({ at: sql`ctid::text || xmin::text` }).from(connectionSearch)).map(({ at }) => at);
    const before = await version();
    await noteUse(runtime, id, new Date());
    await database.db
      .update(connections)
      .set({ accessTokenExpiresAt: sql`now()`, refreshToken: 'new', generation: 2 })
      .where(eq(connections.id, id));
    expect(await version()).toEqual(before);
  });
});

describe('a status', () => {
  // Whatever the page shows beside a connection is what the filter finds it by.
  const hour = 3_600;
  const cases: [name: string, given: Omit<Parameters<typeof addConnection>[1], 'personId'>, frozen?: boolean][] = [
    ['alive', {}],
    ['alive for ever', { expiresIn: null }],
    ['about to end', { expiresIn: 50, age: hour }],
    ['about to end after a short life', { expiresIn: 40, age: 400 }],
    ['in the middle of a short life', { expiresIn: 200, age: 200 }],
    ['about to end, of unknown age', { expiresIn: 50, values: { accessTokenIssuedAt: null } }],
    ['about to end, with a refresh token', { expiresIn: 50, age: hour, refreshToken: 'r' }],
    ['over, with a refresh token', { expiresIn: -5, age: hour, refreshToken: 'r' }],
    ['over, with nothing to refresh it', { expiresIn: -5, age: hour }],
    ['refused', { values: { status: 'needs_reconnect' } }],
    ['revoked', { values: { status: 'revoked' } }],
    ['frozen', { expiresIn: 30 }, true],
    ['frozen and over', { expiresIn: -5, age: hour }, true],
    ['frozen and refused', { values: { status: 'needs_reconnect' } }, true],
    ['frozen and revoked', { values: { status: 'revoked' } }, true],
  ];

  test.each([
    ['on the connection itself', 'connection'],
    ['on its person', 'person'],
    ['on its provider', 'provider'],
  ] as const)('finds the connections that show it, with a freeze %s', async (_, scope) => {
    const rows: string[] = [];
    for (const [name, given, frozen] of cases) {
      const person = await addPerson(runtime, { name: `Status ${scope}` });
      const provider = `${scope}-${name.replaceAll(' ', '-')}`.slice(0, 60);
      const id = await addConnection(runtime, { personId: person.id, provider, ...given });
      rows.push(id);
      if (frozen) await freeze(runtime, scope, { connection: id, person: person.id, provider }[scope]);
    }
    const query = `status ${scope}`;
    const shown = (await listConnections(system, { query, limit: 100 })).items;
    expect(shown).toHaveLength(cases.length);
    for (const status of displayStatuses) {
      // Connected includes the ones with a due refresh.
      const fits = (one: (typeof shown)[number]) =>
        one.status === status || (status === 'connected' && one.status === 'refresh_due');
      const expected = shown.filter(fits).map(({ id }) => id);
      expect(expected.length, status).toBeGreaterThan(0);
      expect(await found({ query, status, limit: 100 }), status).toEqual(expected);
      expect(
        (await found({ status, limit: 100 })).filter((id) => rows.includes(id)),
        status,
      ).toEqual(expected);
      expect(await countConnections(system, { query, status }), status).toEqual({
        count: expected.length,
        capped: false,
      });
    }
  });

  test('with a freeze over everything, all but revoked ones are frozen', async () => {
    const own = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
    await freeze(own, 'everything');
    expect(await found({ status: 'connected' })).toEqual([]);
    expect(await found({ status: 'needs_reconnect' })).toEqual([]);
    const [frozen, revoked, all] = await Promise.all(
      ([{ status: 'frozen' }, { status: 'revoked' }, {}] as const).map((filter) => countConnections(system, filter)),
    );
    expect((frozen?.count ?? 0) + (revoked?.count ?? 0)).toBe(all?.count);
    await database.db.execute(sql`update freezes set lifted_at = now(), lifted_by = 'test'`);
  });
});

describe('counting', () => {
  test('is exact up to its cap, and says when there are more', async () => {
    const person = await addPerson(runtime);
    for (let n = 0; n < 3; n++) await addConnection(runtime, { personId: person.id });
    await addConnection(runtime, { personId: person.id, values: { status: 'needs_reconnect' } });
    await addConnection(runtime, { personId: person.id, expiresIn: -5, age: 60 });
    const upTo = (cap: number, filter = {}) => countConnections(system, { personId: person.id, ...filter }, cap);
    expect(await upTo(6)).toEqual({ count: 5, capped: false });
    expect(await upTo(5)).toEqual({ count: 5, capped: false });
    expect(await upTo(4)).toEqual({ count: 4, capped: true });
    expect(await upTo(2, { status: 'needs_reconnect' })).toEqual({ count: 2, capped: false });
    expect(await upTo(1, { status: 'needs_reconnect' })).toEqual({ count: 1, capped: true });
    expect(await upTo(1, { status: 'revoked' })).toEqual({ count: 0, capped: false });
  });

  test('is for whom listing is for', async () => {
    for (const role of ['administrator', 'auditor'] as const) {
      await expect(countConnections((await addPerson(runtime, { role })).ctx())).resolves.toHaveProperty('count');
    }
    await expect(countConnections((await addPerson(runtime)).ctx())).rejects.toMatchObject({ code: 'forbidden' });
    await expect(countConnections(as(runtime, { type: 'anonymous' }))).rejects.toMatchObject({ status: 401 });
    const { ctx } = await addApiKey(runtime);
    await expect(countConnections(ctx)).rejects.toMatchObject({ code: 'insufficient_scope' });
    // A caller without the right learns nothing of the question, not even that it makes no sense.
    for (const verb of [listConnections, countConnections]) {
      await expect(verb(as(runtime, { type: 'anonymous' }), { query: 'x' })).rejects.toMatchObject({ status: 401 });
    }
  });
});
