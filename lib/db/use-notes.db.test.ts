import { eq, sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import type { Runtime } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addConnection, addPerson, createRuntime, plainRecord, rowOf } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let personId: string;
let id: string;

beforeEach(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  personId = (await addPerson(runtime)).id;
  id = await addConnection(runtime, { personId });
});

const use = (keyId: string, of = id) => runtime.uses.add({ personId, id: of, keyId });

test('uses of several connections, one of them twice, are written together', async () => {
  const other = await addConnection(runtime, { personId });
  const added = [use('key_a'), use('key_a'), use('key_b', other)];
  await runtime.uses.idle();
  await Promise.all(added);
  expect(await rowOf(runtime, id)).toMatchObject({ lastUsedBy: 'key_a', lastUsedAt: expect.any(Date) });
  expect((await rowOf(runtime, other)).lastUsedBy).toBe('key_b');
});

test.each([
  ['the same key within the minute', 'key_a', '59 seconds', false],
  ['the same key after a minute', 'key_a', '61 seconds', true],
  ['another key within the minute', 'key_b', '1 second', true],
])('%s', async (_, keyId, ago, noted) => {
  const before = sql`now() - ${ago}::interval`;
  const { db } = runtime.database;
  await db.update(connections).set({ lastUsedBy: 'key_a', lastUsedAt: before }).where(eq(connections.id, id));
  const { lastUsedAt } = await rowOf(runtime, id);
  const added = use(keyId);
  await runtime.uses.idle();
  await added;
  const after = await rowOf(runtime, id);
  expect(after.lastUsedAt?.getTime() !== lastUsedAt?.getTime()).toBe(noted);
  expect(after.lastUsedBy).toBe(noted ? keyId : 'key_a');
});

describeWithConnections('a row that is being written', () => {
  test('is left for its next use, and keeps no other from being noted', async () => {
    const other = await addConnection(runtime, { personId });
    const note = async () => {
      const added = [use('key_a'), use('key_a', other)];
      await runtime.uses.idle();
      await Promise.all(added);
      return [(await rowOf(runtime, id)).lastUsedBy, (await rowOf(runtime, other)).lastUsedBy];
    };
    const meanwhile = await withTransaction(runtime.database.db, async (tx) => {
      await tx.update(connections).set({ label: 'being written' }).where(eq(connections.id, id));
      return note();
    });
    expect(meanwhile).toEqual([null, 'key_a']);
    expect(await note()).toEqual(['key_a', 'key_a']);
  });
});
