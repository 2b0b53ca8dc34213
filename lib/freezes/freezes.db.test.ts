import { beforeEach, describe, expect, test } from 'vitest';
import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key';
import { type Context, systemContext } from '#lib/context';
import { freezes } from '#lib/db/schema/freezes';
import { freeze } from '#lib/freezes/freeze';
import { listFreezes, standingFreeze, standingFreezes } from '#lib/freezes/list';
import { freezesOver } from '#lib/freezes/over';
import { thaw } from '#lib/freezes/thaw';
import { newConnectionId, newPersonId } from '#lib/ids';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import {
  addApiKey,
  addConnection,
  addFreshAdministrator,
  addPerson,
  asNobody,
  createRuntime,
  entries,
  plainRecord,
} from '#tests/hub';

const database = sharedDatabase();
let runtime: ReturnType<typeof createRuntime>;
let operator: Context;

beforeEach(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  operator = systemContext(runtime, 'cli');
  await database.db.delete(freezes);
});

const administrator = (name?: string) => addFreshAdministrator(runtime, name);

async function everyTarget() {
  const { id: person } = await addPerson(runtime, { name: 'Ada' });
  const connection = await addConnection(runtime, { personId: person });
  const key = await addApiKey(runtime, { name: 'billing' });
  const targets = { connection, person, provider: 'acme', api_key: key.id, everything: '' } as const;
  return { key, connection, targets };
}

describe('freeze', () => {
  test.each(['connection', 'person', 'provider', 'api_key', 'everything'] as const)(
    'over a %s holds from the next request on, and thawing lets go',
    async (scope) => {
      const admin = await administrator();
      const { key, connection: id, targets } = await everyTarget();
      const target = targets[scope];
      const standing = await freeze(admin, { scope, target, reason: 'key leaked' });
      expect(standing).toMatchObject({
        scope,
        target,
        reason: 'key leaked',
        createdBy: { name: 'Grace' },
        lifted: null,
      });
      await expect(vendToken(key.ctx, { id })).rejects.toMatchObject({ code: 'frozen' });
      expect(await standingFreeze(admin, { scope, target })).toEqual(standing);
      const over = { connection: targets.connection, person: targets.person, provider: 'acme', api_key: key.id };
      expect(await freezesOver(admin, over)).toEqual([standing]);
      // The others of its kind are free.
      const others = await freezesOver(admin, { connection: 'con_other', person: 'per_other', provider: 'beta' });
      expect(others.map(({ id }) => id)).toEqual(scope === 'everything' ? [standing.id] : []);
      const thawed = await thaw(admin, { id: standing.id, reason: 'key replaced' });
      expect(thawed.lifted).toMatchObject({ by: { name: 'Grace' }, reason: 'key replaced' });
      expect((await vendToken(key.ctx, { id })).accessToken).toBe(`at_${id}`);
      expect(await standingFreeze(admin, { scope, target })).toBeNull();
      expect((await listFreezes(admin)).items[0]).toEqual(thawed);
    },
  );

  test('is said in the ledger where it belongs, with its reason, by id only', async () => {
    const admin = await administrator();
    const { connection, targets } = await everyTarget();
    const standing = await freeze(admin, { scope: 'connection', target: connection, reason: 'odd reads' });
    await thaw(admin, { id: standing.id, reason: 'explained' });
    const about = { scope: 'connection', freeze: standing.id };
    expect(await entries(runtime, connection)).toMatchObject([
      { action: 'brake.frozen', outcome: 'ok', details: { ...about, reason: 'odd reads' } },
      { action: 'brake.thawed', outcome: 'ok', details: { ...about, reason: 'explained', step_up: 'session_only' } },
    ]);
    const key = await freeze(admin, { scope: 'api_key', target: targets.api_key, reason: 'leaked' });
    expect((await entries(runtime)).at(-1)).toMatchObject({ action: 'brake.frozen', apiKeyId: key.target });
    expect(JSON.stringify(await entries(runtime))).not.toMatch(/Grace|billing/);
  });

  test('twice is once: the first reason stands and nothing more is recorded', async () => {
    const first = await freeze(operator, { scope: 'everything', reason: 'first' });
    const before = (await entries(runtime)).length;
    const both = await Promise.all(
      ['second', 'third'].map((reason) => freeze(operator, { scope: 'everything', reason })),
    );
    expect(both).toEqual([first, first]);
    expect(await entries(runtime)).toHaveLength(before);
    expect((await standingFreezes(operator)).items).toEqual([first]);
  });

  test.each([
    ['connection', newConnectionId(newPersonId())],
    ['connection', 'nonsense'],
    ['person', 'per_0000000000000000'],
    ['provider', 'acmee'],
    ['api_key', 'key_none'],
  ] as const)('over a %s that is not there (%s) is refused: it would look like safety', async (scope, target) => {
    await expect(freeze(operator, { scope, target, reason: 'x' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test.each([
    { scope: 'everything', target: 'acme', reason: 'x' },
    { scope: 'provider', target: '', reason: 'x' },
    { scope: 'provider', target: 'acme', reason: ' ' },
  ] as const)('%j is no request', async (input) => {
    await expect(freeze(operator, input)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('is for administrators; seeing the freezes is for auditors, too', async () => {
    const { ctx } = await addPerson(runtime);
    const { ctx: key } = await addApiKey(runtime);
    const all = { scope: 'everything', reason: 'x' } as const;
    for (const other of [ctx('user'), ctx('auditor')]) {
      await expect(freeze(other, all)).rejects.toMatchObject({ code: 'forbidden' });
    }
    for (const other of [key, asNobody(runtime)]) {
      await expect(freeze(other, all)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    const standing = await freeze(operator, all);
    expect((await standingFreezes(ctx('auditor'))).items).toEqual([standing]);
    expect(await listFreezes(ctx('auditor'))).toEqual({ items: [], nextCursor: null });
    for (const look of [standingFreezes, listFreezes]) {
      await expect(look(ctx('user'))).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  test('a frozen API key is let in nowhere', async () => {
    const { key, targets } = await everyTarget();
    expect(await authenticateApiKey(asNobody(runtime), key.key)).toMatchObject({ keyId: key.id });
    await freeze(operator, { scope: 'api_key', target: targets.api_key, reason: 'leaked' });
    await expect(authenticateApiKey(asNobody(runtime), key.key)).rejects.toMatchObject({ code: 'frozen' });
    expect((await entries(runtime)).at(-1)).toMatchObject({
      action: 'request.refused',
      code: 'frozen',
      apiKeyId: key.id,
    });
  });
});

describe('thaw', () => {
  test('is for administrators who signed in lately', async () => {
    const standing = await freeze(operator, { scope: 'everything', reason: 'x' });
    const { ctx } = await addPerson(runtime);
    const input = { id: standing.id, reason: 'x' };
    for (const role of ['user', 'auditor'] as const) {
      await expect(thaw(ctx(role), input)).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(thaw(ctx('administrator'), input)).rejects.toMatchObject({ code: 'step_up_required' });
    expect((await standingFreezes(operator)).items).toHaveLength(1);
  });

  test('lifts the freeze that was meant, and not one that was set anew meanwhile', async () => {
    const old = await freeze(operator, { scope: 'everything', reason: 'old' });
    const lifted = await thaw(operator, { id: old.id, reason: 'over' });
    const anew = await freeze(operator, { scope: 'everything', reason: 'new' });
    const before = (await entries(runtime)).length;
    expect(await thaw(operator, { id: old.id, reason: 'again' })).toEqual(lifted);
    expect(await entries(runtime)).toHaveLength(before);
    expect((await standingFreezes(operator)).items).toEqual([anew]);
    await expect(thaw(operator, { id: 'frz_none', reason: 'x' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('leaves what stands under another freeze frozen', async () => {
    const { key, connection: id } = await everyTarget();
    await freeze(operator, { scope: 'provider', target: 'acme', reason: 'x' });
    const all = await freeze(operator, { scope: 'everything', reason: 'x' });
    expect((await standingFreezes(operator)).items.map(({ scope }) => scope)).toEqual(['everything', 'provider']);
    await thaw(operator, { id: all.id, reason: 'x' });
    await expect(vendToken(key.ctx, { id })).rejects.toMatchObject({ code: 'frozen' });
  });
});

test('the history is read in pages, the newest first, each freeze once', async () => {
  const made: string[] = [];
  for (let n = 0; n < 7; n++) {
    const { id } = await freeze(operator, { scope: 'everything', reason: `no. ${n}` });
    await thaw(operator, { id, reason: 'over' });
    made.unshift(id);
  }
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listFreezes(operator, { limit: 3, ...(cursor ? { cursor } : {}) });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(seen).toEqual(made);
});

test('freezes are found by name, id and reason, in any case of letters, and by what they are over', async () => {
  const ada = await addPerson(runtime, { name: 'Ada 100%_Lovelace' });
  const id = await addConnection(runtime, { personId: ada.id, values: { label: 'octo@example.com' } });
  await freeze(operator, { scope: 'person', target: ada.id, reason: 'Laptop was lost' });
  await freeze(operator, { scope: 'connection', target: id, reason: 'odd reads' });
  const { id: acme } = await freeze(operator, { scope: 'provider', target: 'acme', reason: 'outage' });
  await thaw(operator, { id: acme, reason: 'Back again' });
  const standing = async (filter: Parameters<typeof standingFreezes>[1]) =>
    (await standingFreezes(operator, filter)).items.map(({ scope }) => scope).toSorted();
  expect(await standing({ query: 'lovelace' })).toEqual(['person']);
  expect(await standing({ query: '100%_l' })).toEqual(['person']);
  expect(await standing({ query: '100_%' })).toEqual([]);
  expect(await standing({ query: 'LAPTOP' })).toEqual(['person']);
  expect(await standing({ query: 'octo@' })).toEqual(['connection']);
  expect(await standing({ query: id })).toEqual(['connection']);
  expect(await standing({ scope: 'person' })).toEqual(['person']);
  expect(await standing({ scope: 'person', query: 'octo' })).toEqual([]);
  expect(await standing({ query: 'acme' })).toEqual([]);
  expect(await standing({ targets: [id, 'acme'] })).toEqual(['connection']);
  expect(await standing({ scope: 'provider', targets: [id] })).toEqual([]);
  expect(await standing({ targets: [] })).toEqual([]);
  const lifted = async (query: string) => (await listFreezes(operator, { query })).items.map(({ scope }) => scope);
  // By the provider's name of the configuration, and by why it was lifted.
  expect(await lifted('Acme')).toEqual(['provider']);
  expect(await lifted('back AGAIN')).toEqual(['provider']);
  expect(await lifted('lovelace')).toEqual([]);
});
