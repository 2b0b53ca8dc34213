import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { type Runtime, systemContext } from '#lib/context';
import { type AgeSpan, ofAge, ofUse, readGrantAges, type UseSpan } from '#lib/overview/grant-ages';
import { sharedDatabase } from '#tests/database';
import { addConnection, addPerson, asNobody, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
const dayMs = 86_400_000;
let runtime: Runtime;
const read = () => readGrantAges(systemContext(runtime, 'test'));

beforeEach(async () => {
  runtime = createRuntime(database.current, [
    plainRecord('http://127.0.0.1:1'),
    plainRecord('http://127.0.0.1:1', 'beta'),
  ]);
  await database.db.execute(sql`truncate connections cascade`);
});

test('each live grant counts in the span of its age and of its last use', async () => {
  const { id: personId } = await addPerson(runtime);
  const add = (
    days: number,
    used: number | null,
    provider = 'acme',
    status: 'connected' | 'needs_reconnect' = 'connected',
  ) =>
    addConnection(runtime, {
      personId,
      provider,
      lastUsedAt: used === null ? undefined : new Date(Date.now() - used * dayMs),
      values: { status, connectedAt: new Date(Date.now() - days * dayMs) },
    });
  const expected: [days: number, used: number | null, AgeSpan, UseSpan][] = [
    [6, 0.5, 'week', 'day'],
    [8, 6, 'month', 'week'],
    [31, 29, 'quarter', 'month'],
    [91, 89, 'year', 'quarter'],
    [366, 91, 'older', 'older'],
    [366, null, 'older', 'never'],
  ];
  for (const [days, used] of expected) await add(days, used);
  await add(400, null, 'beta', 'needs_reconnect');
  await addConnection(runtime, {
    personId,
    values: { status: 'revoked', accessToken: null, connectedAt: new Date(0) },
  });
  const view = await read();
  expect(view).toMatchObject({ counted: 7, complete: true });
  for (const [, , age, use] of expected) expect(view.providers.get('acme')?.[age][use], `${age} ${use}`).toBe(1);
  expect(view.providers.get('beta')?.older.never).toBe(1);
  expect(view.all.older.never).toBe(2);
  expect([ofAge(view.all, 'older'), ofUse(view.all, 'never'), ofUse(view.all, 'day')]).toEqual([3, 2, 1]);
});

test('of more connections than it looks at it says that it counted a sample', async () => {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId });
  await database.db.execute(sql`insert into connections (person_id, id, provider, issuer, subject, status, scopes_requested,
      "authorization", access_token)
    select person_id, 'con_' || n, provider, issuer, 'many ' || n, status, scopes_requested, "authorization", access_token
    from connections, generate_series(1, 10000) n where id = ${id}`);
  const view = await read();
  expect(view.complete).toBe(false);
  expect(view.counted).toBe(10_000);
});

test('of none there is nothing', async () => {
  expect(await read()).toMatchObject({ counted: 0, complete: true });
});

test('is for administrators and auditors', async () => {
  for (const role of ['administrator', 'auditor'] as const)
    await expect(readGrantAges((await addPerson(runtime, { role })).ctx())).resolves.toHaveProperty('all');
  await expect(readGrantAges((await addPerson(runtime)).ctx())).rejects.toMatchObject({ code: 'forbidden' });
  await expect(readGrantAges(asNobody(runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
});
