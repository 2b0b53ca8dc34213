import { eq, sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import type { Runtime } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addConnection, addPerson, createRuntime, noteUse, plainRecord, useOf } from '#tests/hub';

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

const noted = async (of = id) => (await useOf(runtime, of))?.lastUsedBy;

test('uses of several connections, one of them twice, are written together', async () => {
  const other = await addConnection(runtime, { personId });
  const added = [use('key_a'), use('key_a'), use('key_b', other)];
  await runtime.uses.idle();
  await Promise.all(added);
  expect(await useOf(runtime, id)).toMatchObject({ lastUsedBy: 'key_a', lastUsedAt: expect.any(Date) });
  expect(await noted(other)).toBe('key_b');
});

test.each([
  ['the same key within the minute', 'key_a', '59 seconds', false],
  ['the same key after a minute', 'key_a', '61 seconds', true],
  ['another key within the minute', 'key_b', '1 second', true],
])('%s', async (_, keyId, ago, expected) => {
  await noteUse(runtime, id, sql`now() - ${ago}::interval`, 'key_a');
  const before = await useOf(runtime, id);
  const added = use(keyId);
  await runtime.uses.idle();
  await added;
  const after = await useOf(runtime, id);
  expect(after?.lastUsedAt.getTime() !== before?.lastUsedAt.getTime()).toBe(expected);
  expect(after?.lastUsedBy).toBe(expected ? keyId : 'key_a');
});

describeWithConnections('beside other writers', () => {
  test('a use is noted while the connection itself is being written', async () => {
    await withTransaction(runtime.database.db, async (tx) => {
      await tx.update(connections).set({ label: 'being written' }).where(eq(connections.id, id));
      const added = use('key_a');
      await runtime.uses.idle();
      await added;
    });
    expect(await noted()).toBe('key_a');
  });

  test('two processes that note the same connections, each in another order, do both', async () => {
    const ids = [id];
    for (let n = 0; n < 50; n++) ids.push(await addConnection(runtime, { personId }));
    const other = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
    for (const round of ['one', 'two', 'three']) {
      const added = [
        ...ids.map((of) => runtime.uses.add({ personId, id: of, keyId: `key_a_${round}` })),
        ...ids.toReversed().map((of) => other.uses.add({ personId, id: of, keyId: `key_b_${round}` })),
      ];
      await Promise.all([runtime.uses.idle(), other.uses.idle()]);
      await Promise.all(added);
    }
    const last = await Promise.all(ids.map((of) => noted(of)));
    expect(last.every((keyId) => keyId?.endsWith('_three'))).toBe(true);
  });
});
