import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { countConnections } from '#lib/connections/count';
import { countByProvider, foldConnectionCounts } from '#lib/connections/count-by-provider';
import { type Runtime, systemContext } from '#lib/context';
import { rowsOf, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import type { FreezeScope } from '#lib/db/schema/freezes';
import { freezes } from '#lib/db/schema/freezes';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addConnection, addPerson, asNobody, createRuntime, freeze, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
beforeEach(async () => {
  runtime = createRuntime(database.current, [
    plainRecord('http://127.0.0.1:1'),
    plainRecord('http://127.0.0.1:1', 'beta'),
    plainRecord('http://127.0.0.1:1', 'quiet'),
  ]);
  await database.db.execute(sql`truncate connections cascade`);
  await database.db.delete(freezes);
});

/** The kept counts, and the real ones. */
async function keptAndThere(): Promise<[unknown, unknown]> {
  const read = async (from: string, count: string) =>
    rowsOf(
      await database.db.execute(
        sql.raw(`select * from (select provider, status, ${count}::int as count from ${from} group by 1, 2) counted
          where count <> 0 order by 1, 2`),
      ),
    );
  return [await read('connection_counts', 'sum(change)'), await read('connections', 'count(*)')];
}

/** One connection of each kind at two providers. */
async function oneOfEach() {
  const ada = await addPerson(runtime);
  const grace = await addPerson(runtime);
  const ids: string[] = [];
  for (const provider of ['acme', 'beta']) {
    for (const { id: personId } of [ada, grace]) {
      const add = (given: Partial<Parameters<typeof addConnection>[1]>) =>
        addConnection(runtime, { personId, provider, ...given });
      ids.push(await add({}), await add({ refreshToken: 'rt' }), await add({ expiresIn: null }));
      // Due, by a refresh token and without one; over for good.
      await add({ refreshToken: 'rt', expiresIn: -60, age: 3600 });
      await add({ expiresIn: 20, age: 3600 });
      await add({ expiresIn: -60, age: 3600 });
      await add({ values: { status: 'needs_reconnect' } });
      await add({ values: { status: 'revoked', accessToken: null } });
    }
  }
  return { ada, grace, ids };
}

describe('what each provider has', () => {
  test.each<[string, (made: Awaited<ReturnType<typeof oneOfEach>>) => [FreezeScope, string?][]]>([
    ['no freeze', () => []],
    ['a freeze over everything', () => [['everything']]],
    ['a freeze over a provider', () => [['provider', 'acme']]],
    ['a freeze over a person', ({ ada }) => [['person', ada.id]]],
    ['a freeze over a connection', ({ ids }) => [['connection', ids[1]]]],
    ['a freeze over an API key, which is none over connections', () => [['api_key', 'key_1']]],
    [
      'freezes that overlap',
      ({ ada, ids }) => [
        ['person', ada.id],
        ['connection', ids[0]],
        ['connection', ids[4]],
        ['provider', 'beta'],
      ],
    ],
  ])('is what the list has under %s', async (_, freezes) => {
    const made = await oneOfEach();
    for (const [scope, target] of freezes(made)) await freeze(runtime, scope, target);
    const ctx = systemContext(runtime, 'test');
    const counted = await countByProvider(ctx);
    expect(counted.map(({ provider }) => provider.id)).toEqual(['acme', 'beta', 'quiet']);
    // A freeze hides no connection that needs its person: four at each provider, over for good or ended.
    const waiting = counted.map(({ counts, frozenWaiting }) => counts.needs_reconnect + frozenWaiting);
    expect(waiting).toEqual([4, 4, 0]);
    expect(counted[2]).toMatchObject({ total: 0, refreshDue: { count: 0 } });
    for (const { provider, total, counts, refreshDue } of counted) {
      const listed = (status?: keyof typeof counts | 'refresh_due') =>
        countConnections(ctx, { provider: provider.id, status }).then(({ count }) => count);
      const statuses = Object.keys(counts) as (keyof typeof counts)[];
      for (const status of statuses) expect(counts[status], `${provider.id} ${status}`).toBe(await listed(status));
      expect(refreshDue.count, provider.id).toBe(await listed('refresh_due'));
      expect(total).toBe(await listed());
      expect(Object.values(counts).reduce((sum, one) => sum + one, 0)).toBe(total);
    }
  });

  test('stands under its id where it is set up no more, as long as anything is left', async () => {
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId, provider: 'gone' });
    const last = async () => (await countByProvider(systemContext(runtime, 'test'))).at(-1);
    expect(await last()).toMatchObject({ provider: { id: 'gone', name: 'gone' }, total: 1 });
    await database.db.delete(connections).where(eq(connections.id, id));
    expect(await last()).toMatchObject({ provider: { id: 'quiet' } });
  });

  test('is for administrators and auditors', async () => {
    for (const role of ['administrator', 'auditor'] as const)
      await expect(countByProvider((await addPerson(runtime, { role })).ctx())).resolves.toHaveLength(3);
    await expect(countByProvider((await addPerson(runtime)).ctx())).rejects.toMatchObject({ code: 'forbidden' });
    await expect(countByProvider(asNobody(runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('what is kept', () => {
  test('follows every change of the rows, and no other', async () => {
    const { id: personId } = await addPerson(runtime);
    const { db } = database;
    const ids: string[] = [];
    for (const provider of ['acme', 'acme', 'beta', 'beta'])
      ids.push(await addConnection(runtime, { personId, provider }));
    const [first = '', second = '', third = ''] = ids;
    await db.update(connections).set({ status: 'needs_reconnect' }).where(eq(connections.id, first));
    await db.update(connections).set({ status: 'connected', lastRefreshedAt: sql`now()` });
    await db.update(connections).set({ status: 'revoked' }).where(eq(connections.provider, 'beta'));
    await db.delete(connections).where(eq(connections.id, third));
    await withTransaction(db, async (tx) => {
      await tx.delete(connections);
      throw new Error('changed its mind');
    }).catch(() => {});
    await db.insert(connections).select(db.select().from(connections)).onConflictDoNothing();
    await db.update(connections).set({ provider: 'quiet' }).where(eq(connections.id, second));
    const [kept, there] = await keptAndThere();
    expect(kept).toEqual(there);
    expect(there).toHaveLength(3);
    await db.execute(sql`truncate connections cascade`);
    expect(await keptAndThere()).toEqual([[], []]);
  });

  test('writes nothing where a row keeps its status', async () => {
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId });
    const rows = async () => rowsOf(await database.db.execute(sql`select id from connection_counts`)).length;
    const before = await rows();
    await database.db.update(connections).set({ status: 'connected', generation: 2 }).where(eq(connections.id, id));
    expect(await rows()).toBe(before);
  });

  test('is folded into one row of a provider and status', async () => {
    await oneOfEach();
    await database.db.update(connections).set({ status: 'revoked' }).where(eq(connections.provider, 'beta'));
    await foldConnectionCounts({ database: database.current });
    await foldConnectionCounts({ database: database.current });
    const [kept, there] = await keptAndThere();
    expect(kept).toEqual(there);
    expect(rowsOf(await database.db.execute(sql`select id from connection_counts`))).toHaveLength(4);
  });
});

describeWithConnections('what is kept, of many at once', () => {
  test('loses nothing to those who fold meanwhile, and makes no change wait for another', async () => {
    const { id: personId } = await addPerson(runtime);
    const adding = Array.from({ length: 40 }, () => addConnection(runtime, { personId }));
    const folding = Array.from({ length: 10 }, () => foldConnectionCounts({ database: database.current }));
    await Promise.all([...adding, ...folding]);
    const [kept, there] = await keptAndThere();
    expect(kept).toEqual(there);
    // Two changes of one provider's count, the first not committed: were it one counter, this would never end.
    const [first = ''] = await Promise.all(adding);
    await withTransaction(database.db, async (one) => {
      await one.update(connections).set({ status: 'revoked' }).where(eq(connections.id, first));
      await addConnection(runtime, { personId });
    });
    expect((await keptAndThere())[0]).toEqual((await keptAndThere())[1]);
  });
});
