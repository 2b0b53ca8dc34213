import { describe, expect, test } from 'vitest';
import { commandSchema, runCommand } from '#lib/cli/commands';
import { tableText } from '#lib/cli/table-text';
import { systemContext } from '#lib/context';
import { alerts } from '#lib/db/schema/alerts';
import { sharedDatabase } from '#tests/database';
import { addPerson, as, createRuntime, entries, plainRecord } from '#tests/hub';

const database = sharedDatabase();
const start = () => createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
const run = (runtime: ReturnType<typeof start>, command: Record<string, unknown>) =>
  runCommand(systemContext(runtime, 'cli'), commandSchema.parse(command));

describe('the lists of the command line', () => {
  test('people, by a search or all, page after page', async () => {
    const runtime = start();
    const made = await Promise.all(
      Array.from({ length: 130 }, (_, n) => addPerson(runtime, { name: `Person ${n}`, email: `p${n}@list.example` })),
    );
    const all = await run(runtime, { command: 'people list', search: null, json: true });
    expect(new Set(all.map(({ id }) => id))).toEqual(new Set(made.map(({ id }) => id)));
    const found = await run(runtime, { command: 'people list', search: 'p7@list.example', json: true });
    expect(found).toMatchObject([{ email: 'p7@list.example', role: 'user', status: 'active', connections: 0 }]);
  });

  test('providers, without their secrets', async () => {
    const lines = await run(start(), { command: 'providers list', json: true });
    expect(lines).toMatchObject([{ id: 'acme', name: 'Acme', connect: true, sign_in: false }]);
    expect(JSON.stringify(lines)).not.toContain('not-a-real-secret');
  });

  test('alerts, and one that is acknowledged once', async () => {
    const runtime = start();
    const id = 'alr_0123456789abcdef';
    await database.db.insert(alerts).values({
      ...{ id, rule: 'read_spike', subject: 'key_1', severity: 'warning', state: 'open', value: 9, peak: 9, count: 3 },
      ...{ openedAt: new Date(), heldAt: new Date() },
    });
    const list = (state: string) => run(runtime, { command: 'alerts list', state, json: true });
    expect((await list('open')).map((line) => line.id)).toContain(id);
    expect(await run(runtime, { command: 'alerts ack', id, json: true })).toMatchObject([
      { id, state: 'acknowledged' },
    ]);
    expect((await list('open')).map((line) => line.id)).not.toContain(id);
    expect((await list('live')).map((line) => line.id)).toContain(id);
    await expect(run(runtime, { command: 'alerts ack', id, json: true })).rejects.toMatchObject({ code: 'conflict' });
    expect((await entries(runtime)).map(({ action }) => action)).toContain('alert.acknowledged');
  });

  test('are for the operator: a person without a role gets none', async () => {
    const runtime = start();
    const { ctx } = await addPerson(runtime);
    const asked = runCommand(
      as(runtime, ctx().actor),
      commandSchema.parse({ command: 'people list', search: null, json: true }),
    );
    await expect(asked).rejects.toMatchObject({ code: 'forbidden' });
  });
});

test('an empty list says that it is empty', () => {
  expect(tableText([])).toBe('None.\n');
});

test('a table stays in its columns, whatever a name holds', () => {
  const text = tableText([
    { id: 'per_1', name: 'Ada\u001b[2J\nLovelace', email: null },
    { id: 'per_22', name: 'Bob\u202e', email: 'bob@example.com' },
  ]);
  const [head, first, second, end] = text.split('\n');
  expect([head?.startsWith('id'), end]).toEqual([true, '']);
  expect(first).toBe('per_1   Ada\\u001b[2J Lovelace  -');
  expect(second).toContain('Bob\\u202e');
});
