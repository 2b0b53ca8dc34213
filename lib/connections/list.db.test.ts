import { beforeEach, describe, expect, test } from 'vitest';
import { getConnection } from '#lib/connections/get';
import { listConnections } from '#lib/connections/list';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, as, createRuntime, entries, freeze, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let system: Context;

beforeEach(() => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  system = systemContext(runtime, 'test');
});

const idsOf = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);

describe('getting one', () => {
  test('is for its person, administrators, auditors and keys that may read', async () => {
    const person = await addPerson(runtime);
    const id = await addConnection(runtime, { personId: person.id });
    const { ctx: reader } = await addApiKey(runtime, { scopes: ['connections:read'] });
    const others = [await addPerson(runtime, { role: 'administrator' }), await addPerson(runtime, { role: 'auditor' })];
    for (const ctx of [person.ctx(), ...others.map((other) => other.ctx()), reader, system]) {
      expect(await getConnection(ctx, { id })).toMatchObject({ id, personId: person.id, status: 'connected' });
    }
  });

  test('is refused as not found to others, as unauthenticated to nobody, as a scope to a key without it', async () => {
    const person = await addPerson(runtime);
    const id = await addConnection(runtime, { personId: person.id });
    const stranger = await addPerson(runtime);
    await expect(getConnection(stranger.ctx(), { id })).rejects.toMatchObject({ code: 'not_found' });
    await expect(getConnection(as(runtime, { type: 'anonymous' }), { id })).rejects.toMatchObject({ status: 401 });
    const { ctx } = await addApiKey(runtime);
    await expect(getConnection(ctx, { id })).rejects.toMatchObject({ code: 'insufficient_scope' });
    for (const nothing of ['', 'con_nothing', `con_${'0'.repeat(32)}`]) {
      await expect(getConnection(system, { id: nothing })).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  test('somebody else’s is in the ledger as an attempt of theirs', async () => {
    const person = await addPerson(runtime);
    const id = await addConnection(runtime, { personId: person.id });
    const stranger = await addPerson(runtime);
    await expect(getConnection(stranger.ctx(), { id })).rejects.toMatchObject({ code: 'not_found' });
    await runtime.refusals.flush(runtime.database.db);
    const told = (await entries(runtime)).filter(({ actorId }) => actorId === stranger.id);
    expect(told).toMatchObject([{ action: 'request.refused', outcome: 'refused', code: 'not_found' }]);
  });

  test('of a provider that is no longer configured still works', async () => {
    const person = await addPerson(runtime);
    const id = await addConnection(runtime, { personId: person.id, provider: 'gone' });
    expect(await getConnection(person.ctx(), { id })).toMatchObject({ provider: { id: 'gone', name: 'gone' } });
  });
});

describe('listing', () => {
  test('is for administrators and auditors, not for people', async () => {
    for (const role of ['administrator', 'auditor'] as const) {
      const reader = await addPerson(runtime, { role });
      await expect(listConnections(reader.ctx())).resolves.toHaveProperty('items');
    }
    const person = await addPerson(runtime);
    await expect(listConnections(person.ctx())).rejects.toMatchObject({ code: 'forbidden' });
    await expect(listConnections(as(runtime, { type: 'anonymous' }))).rejects.toMatchObject({ status: 401 });
    const { ctx } = await addApiKey(runtime);
    await expect(listConnections(ctx)).rejects.toMatchObject({ code: 'insufficient_scope' });
  });

  test('says whose each connection is', async () => {
    const person = await addPerson(runtime, { name: 'Ada', email: 'ada@example.com' });
    const id = await addConnection(runtime, { personId: person.id });
    const { items } = await listConnections(system, { personId: person.id });
    expect(items).toMatchObject([{ id, person: { id: person.id, name: 'Ada', email: 'ada@example.com' } }]);
  });

  test('goes both ways, a page at a time, also where many were made in the same millisecond', async () => {
    const person = await addPerson(runtime);
    const createdAt = new Date('2026-01-01T00:00:00.000Z');
    for (let n = 0; n < 6; n++) await addConnection(runtime, { personId: person.id, values: { createdAt } });
    await addConnection(runtime, { personId: person.id });
    const walk = async (sort: 'newest' | 'oldest') => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listConnections(system, {
          personId: person.id,
          sort,
          limit: 2,
          ...(cursor ? { cursor } : {}),
        });
        seen.push(...idsOf(page));
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      return seen;
    };
    const newest = await walk('newest');
    expect(new Set(newest).size).toBe(7);
    expect(await walk('oldest')).toEqual([...newest].reverse());
  });

  test('a cursor of another order, or of nobody’s making, is refused', async () => {
    const person = await addPerson(runtime);
    for (let n = 0; n < 2; n++) await addConnection(runtime, { personId: person.id });
    const { nextCursor } = await listConnections(system, { limit: 1 });
    expect(nextCursor).toMatch(/^[A-Za-z0-9_-]+$/);
    const forged = (at: string, id: string) =>
      Buffer.from(JSON.stringify({ at, id, sort: 'newest' })).toString('base64url');
    const today = '2026-11-22T00:00:00Z';
    for (const [cursor, sort] of [
      [nextCursor ?? '', 'oldest'],
      [forged('now', 'x'), 'newest'],
      [forged('0000-01-01T00:00:00Z', 'x'), 'newest'],
      [forged(today, '\0'), 'newest'],
      [forged(today, "x' or 1=1"), 'newest'],
      ['%%%', 'newest'],
      ['bnVsbA', 'newest'],
    ] as const) {
      await expect(listConnections(system, { cursor, sort })).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });

  test('frozen and revoked have their own status', async () => {
    const person = await addPerson(runtime);
    const add = (values: Parameters<typeof addConnection>[1]['values']) =>
      addConnection(runtime, { personId: person.id, ...(values ? { values } : {}) });
    const frozen = await add({});
    const revoked = await add({ status: 'revoked' });
    for (const id of [frozen, revoked]) await freeze(runtime, 'connection', id);
    const live = await add({});
    const found = async (status: 'frozen' | 'revoked' | 'connected') =>
      idsOf(await listConnections(system, { personId: person.id, status }));
    expect([await found('frozen'), await found('revoked'), await found('connected')]).toEqual([
      [frozen],
      [revoked],
      [live],
    ]);
  });
});
