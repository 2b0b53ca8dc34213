import { and, eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { exportBulkRevocation } from '#lib/bulk-revocation/export';
import { getBulkRevocation } from '#lib/bulk-revocation/get';
import { listBulkRevocations } from '#lib/bulk-revocation/list';
import { type PrepareBulkInput, prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import { listBulkRows } from '#lib/bulk-revocation/rows';
import { startBulkRevocation } from '#lib/bulk-revocation/start';
import { workBulkRevocations } from '#lib/bulk-revocation/work';
import { type Context, systemContext } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { bulkRevocationRows, bulkRevocations } from '#lib/db/schema/bulk-revocations';
import type { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { findByEmail } from '#lib/people/find-by-email';
import { revokeConnection } from '#lib/revocation/revoke';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, asNobody, createRuntime, entries, plainRecord, rowOf } from '#tests/hub';

const database = sharedDatabase();
/**
 * No server answers there, and no configured provider has such a name: its revocations end `failed` at once, with their
 * tokens kept.
 */
const google = {
  ...plainRecord('http://localhost:1', 'google'),
  preset: 'google',
  revocation_endpoint: 'http://localhost:1/revoke',
};
const runtimeOf = () => createRuntime(database.current, [google, { ...google, id: 'google-ads', name: 'Google Ads' }]);
let runtime: ReturnType<typeof createRuntime>;
let operator: Context;
let personId: string;

beforeEach(async () => {
  await database.db.delete(bulkRevocations);
  await database.db.execute(sql`truncate connections cascade`);
  runtime = runtimeOf();
  operator = systemContext(runtime, 'operator');
  personId = (await addPerson(runtime)).id;
});

const add = (values: Partial<typeof connections.$inferInsert> = {}, provider = 'gone', lastUsedAt?: Date) =>
  addConnection(runtime, { personId, provider, values, lastUsedAt });
const days = (count: number) => sql`now() - make_interval(days => ${count}::int)` as unknown as Date;
const settle = () => Promise.all(runtime.background);

async function prepared(input: PrepareBulkInput): Promise<string[]> {
  const { id, total } = await prepareBulkRevocation(operator, input);
  const { items } = await listBulkRows(operator, { id });
  expect(items).toHaveLength(total);
  return items.map(({ connectionId }) => connectionId).sort();
}

describe('what a bulk revocation is prepared from', () => {
  test('a person, a provider, a selection; never what is revoked already', async () => {
    const other = await addPerson(runtime);
    const [mine, theirs] = [await add(), await addConnection(runtime, { personId: other.id, provider: 'gone' })];
    const elsewhere = await add({}, 'elsewhere');
    const over = await add({ status: 'revoked' });
    expect(await prepared({ personId })).toEqual([mine, elsewhere].sort());
    expect(await prepared({ provider: 'gone' })).toEqual([mine, theirs].sort());
    expect(await prepared({ provider: 'gone', personId })).toEqual([mine]);
    expect(await prepared({ ids: [mine, elsewhere, over, 'nonsense'] })).toEqual([mine, elsewhere].sort());
  });

  test('a scope that was granted, or asked for where the provider does not say', async () => {
    const granted = await add({ scopesGranted: ['repo'], scopesRequested: ['repo', 'gist'] });
    const silent = await add({ scopesGranted: null, scopesRequested: ['gist'] });
    expect(await prepared({ scope: 'repo' })).toEqual([granted]);
    expect(await prepared({ scope: 'gist' })).toEqual([silent]);
    await expect(prepared({ scope: 'rep' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('age and last use; one that was never read counts from when it was connected', async () => {
    const old = await add({ connectedAt: days(100) }, 'gone', days(1));
    const idle = await add({ connectedAt: days(40) }, 'gone', days(35));
    const never = await add({ connectedAt: days(50) });
    await add();
    expect(await prepared({ olderThanDays: 90 })).toEqual([old]);
    expect(await prepared({ unusedForDays: 30 })).toEqual([idle, never].sort());
    expect(await prepared({ unusedForDays: 45 })).toEqual([never]);
  });

  test('the API key that read it, from the ledger, also only lately', async () => {
    const [leaked, sound] = [await addApiKey(runtime), await addApiKey(runtime)];
    const [one, two, three] = [await add(), await add(), await add()];
    const read = (ctx: Context, connectionId: string, action: 'token.vended' | 'token.denied' = 'token.vended') =>
      record(database.db, ctx, { action, personId, connectionId });
    await read(leaked.ctx, one);
    await read(sound.ctx, two);
    await read(leaked.ctx, three, 'token.denied');
    expect(await prepared({ readByKey: leaked.id })).toEqual([one]);
    expect(await prepared({ readByKey: leaked.id, readWithinDays: 1 })).toEqual([one]);
  });

  test.each<[string, PrepareBulkInput]>([
    ['nothing', {}],
    ['an empty person', { personId: '' }],
    ['an empty selection', { ids: [] }],
    ['no days', { olderThanDays: 0 }],
    ['a span of reading without a key', { provider: 'gone', readWithinDays: 3 }],
    ['a word it does not know', { everybody: true } as PrepareBulkInput],
  ])('not %s, which would reach everybody', async (_, input) => {
    await add();
    await expect(prepareBulkRevocation(operator, input)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('nothing that fits is said, and leaves nothing behind', async () => {
    await expect(prepareBulkRevocation(operator, { provider: 'gone' })).rejects.toMatchObject({ code: 'not_found' });
    expect((await listBulkRevocations(operator)).items).toEqual([]);
  });
});

describe('a preview', () => {
  test('counts people and providers, and touches nothing', async () => {
    const id = await add();
    await add({}, 'google');
    const bulk = await prepareBulkRevocation(operator, { personId });
    expect(await getBulkRevocation(operator, { id: bulk.id })).toMatchObject({
      state: 'prepared',
      total: 2,
      people: 1,
      settled: false,
      criteria: { personId },
      progress: { here: { waiting: 2, revoked: 0 } },
    });
    expect((await rowOf(runtime, id)).status).toBe('connected');
  });

  test('says what dies with a whole account: connections of others to it, also by another entry, each once', async () => {
    const account = { issuer: 'https://accounts.google.com', subject: '1' };
    const other = await addPerson(runtime);
    await add(account, 'google');
    await add({ issuer: account.issuer, subject: '2' }, 'google-ads');
    const dying = await Promise.all(
      ['google', 'google-ads'].map((provider) =>
        addConnection(runtime, { personId: other.id, provider, values: account }),
      ),
    );
    await addConnection(runtime, { personId: other.id, provider: 'gone', values: account });
    const { id } = await prepareBulkRevocation(operator, { personId });
    const { providers } = await getBulkRevocation(operator, { id });
    expect(
      providers.map(({ id: provider, radius, blastRadius }) => [provider, radius, blastRadius.count]).sort(),
    ).toEqual([
      ['google', 'account', 2],
      ['google-ads', 'account', 0],
    ]);
    const named = providers.flatMap(({ blastRadius }) => blastRadius.connections);
    expect(named.map(({ id: one, person }) => [one, person.id]).sort()).toEqual(
      dying.map((one) => [one, other.id]).sort(),
    );
    await startBulkRevocation(operator, { id, reason: 'test', expected: 2 });
    await settle();
    const begun = await getBulkRevocation(operator, { id });
    expect(begun.providers.map(({ blastRadius }) => blastRadius.count)).toEqual([0, 0]);
  });

  test('goes with the next one of the same administrator', async () => {
    await add();
    const first = await prepareBulkRevocation(operator, { personId });
    const second = await prepareBulkRevocation(operator, { provider: 'gone' });
    expect((await listBulkRevocations(operator)).items.map(({ id }) => id)).toEqual([second.id]);
    await expect(getBulkRevocation(operator, { id: first.id })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('beginning', () => {
  test('revokes exactly what was shown: not what was connected since, and what was revoked since is said so', async () => {
    const [one, two] = [await add(), await add()];
    const { id } = await prepareBulkRevocation(operator, { personId });
    const late = await add();
    await revokeConnection(operator, { id: two });
    await startBulkRevocation(operator, { id, reason: 'left', expected: 2 });
    await settle();
    expect((await rowOf(runtime, late)).status).toBe('connected');
    const { items } = await listBulkRows(operator, { id });
    expect(Object.fromEntries(items.map((row) => [row.connectionId, [row.state, row.upstream?.state]]))).toEqual({
      [one]: ['revoked', 'failed'],
      [two]: ['revoked_before', 'failed'],
    });
    expect(await getBulkRevocation(operator, { id })).toMatchObject({ state: 'finished', settled: true });
    expect((await entries(runtime, one))[0]).toMatchObject({
      action: 'connection.revoked',
      actorId: 'operator',
      details: { bulk: id, reason: 'left' },
    });
  });

  test('is refused with another number than was shown, and a second time', async () => {
    await add();
    const { id } = await prepareBulkRevocation(operator, { personId });
    await expect(startBulkRevocation(operator, { id, reason: 'x', expected: 2 })).rejects.toMatchObject({
      code: 'conflict',
    });
    await startBulkRevocation(operator, { id, reason: 'x', expected: 1 });
    await settle();
    await expect(startBulkRevocation(operator, { id, reason: 'x', expected: 1 })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(startBulkRevocation(operator, { id: 'blk_x', reason: 'x', expected: 1 })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

test('the list comes in pages, the newest first, with the names that its criteria stand for', async () => {
  const { id: reader } = await addApiKey(runtime, { name: 'billing-sync' });
  await database.db.update(people).set({ name: 'Ada' }).where(eq(people.id, personId));
  const row = { state: 'running' as const, total: 1, preparedBy: 'cli', startedAt: sql`now()` };
  await database.db.insert(bulkRevocations).values(
    [1, 2, 3].map((age) => ({
      ...row,
      id: newId('blk'),
      criteria: { personId, readByKey: reader, olderThanDays: age },
      createdAt: days(age),
    })),
  );
  const first = await listBulkRevocations(operator, { limit: 2 });
  const second = await listBulkRevocations(operator, { limit: 2, cursor: first.nextCursor ?? '' });
  expect([...first.items, ...second.items].map(({ criteria }) => criteria.olderThanDays)).toEqual([1, 2, 3]);
  expect([first.nextCursor, second.nextCursor]).toEqual([expect.any(String), null]);
  expect(first.items[0]?.names).toEqual({ person: 'Ada', key: 'billing-sync' });
});

test('a person is found by e-mail whatever the case of its letters, never by a part of it', async () => {
  await database.db.update(people).set({ email: 'Ada@Acme.Example' }).where(eq(people.id, personId));
  expect(await findByEmail(operator, 'ada@acme.example')).toEqual([personId]);
  expect(await findByEmail(operator, 'da@acme.example')).toEqual([]);
  const namesake = await addPerson(runtime, { email: 'ada@acme.example' });
  expect((await findByEmail(operator, 'ada@acme.example')).sort()).toEqual([personId, namesake.id].sort());
  const user = (await addPerson(runtime)).ctx('user');
  await expect(findByEmail(user, 'ada@acme.example')).rejects.toMatchObject({ code: 'forbidden' });
});

describe('who may', () => {
  const verbs: [string, (ctx: Context, id: string) => Promise<unknown>][] = [
    ['prepare', (ctx) => prepareBulkRevocation(ctx, { provider: 'gone' })],
    ['begin', (ctx, id) => startBulkRevocation(ctx, { id, reason: 'x', expected: 1 })],
    ['read', (ctx, id) => getBulkRevocation(ctx, { id })],
    ['list', (ctx) => listBulkRevocations(ctx)],
    ['read rows of', (ctx, id) => listBulkRows(ctx, { id })],
    ['export', (ctx, id) => exportBulkRevocation(ctx, { id, format: 'csv' })],
  ];

  test.each(verbs)('%s: no user, no API key, nobody', async (_, verb) => {
    await add();
    const { id } = await prepareBulkRevocation(operator, { personId });
    const user = (await addPerson(runtime)).ctx('user');
    const key = (await addApiKey(runtime, { scopes: ['connections:read', 'connections:revoke'] })).ctx;
    await expect(verb(user, id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(verb(key, id)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(verb(asNobody(runtime), id)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await getBulkRevocation(operator, { id })).toMatchObject({ state: 'prepared' });
  });

  test('an auditor reads and changes nothing', async () => {
    await add();
    const { id } = await prepareBulkRevocation(operator, { personId });
    const auditor = (await addPerson(runtime)).ctx('auditor');
    expect((await listBulkRevocations(auditor)).items).toHaveLength(1);
    expect((await listBulkRows(auditor, { id })).items).toHaveLength(1);
    for (const [name, verb] of verbs.slice(0, 2)) {
      await expect(verb(auditor, id), name).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  test('an administrator who did not sign in lately neither begins nor exports', async () => {
    await add();
    const admin = (await addPerson(runtime, { role: 'administrator' })).ctx();
    const { id } = await prepareBulkRevocation(admin, { personId });
    await expect(startBulkRevocation(admin, { id, reason: 'x', expected: 1 })).rejects.toMatchObject({
      code: 'step_up_required',
    });
    await expect(exportBulkRevocation(admin, { id, format: 'json' })).rejects.toMatchObject({
      code: 'step_up_required',
    });
    expect(await getBulkRevocation(admin, { id })).toMatchObject({ state: 'prepared' });
  });
});

test('a row that cannot be revoked fails alone, with a code', async () => {
  const [one, two, three] = [await add(), await add(), await add()];
  await database.db.execute(sql.raw(`alter table ledger add constraint refused check (connection_id <> '${two}')`));
  const { id } = await prepareBulkRevocation(operator, { personId });
  await startBulkRevocation(operator, { id, reason: 'x', expected: 3 });
  await settle();
  await database.db.execute(sql`alter table ledger drop constraint refused`);
  const rows = await database.db.select().from(bulkRevocationRows).where(eq(bulkRevocationRows.bulkId, id));
  expect(Object.fromEntries(rows.map((row) => [row.connectionId, [row.state, row.code]]))).toEqual({
    [one]: ['revoked', null],
    [two]: ['failed', 'internal'],
    [three]: ['revoked', null],
  });
  expect((await rowOf(runtime, two)).status).toBe('connected');
  expect((await listBulkRows(operator, { id, show: 'wrong' })).items.map(({ connectionId }) => connectionId)).toContain(
    two,
  );
});

describeWithConnections('a process that dies in the middle of a batch', () => {
  test('leaves its rows waiting: others leave them alone meanwhile, and take them up afterwards', async () => {
    const held = [await add(), await add()];
    const free = await add();
    const { id } = await prepareBulkRevocation(operator, { personId });
    await database.db
      .update(bulkRevocations)
      .set({ state: 'running', startedBy: 'operator', startedAt: sql`now()`, reason: 'x' })
      .where(eq(bulkRevocations.id, id));
    const died = new Error('died');
    await expect(
      withTransaction(database.db, async (tx) => {
        await tx
          .select()
          .from(bulkRevocationRows)
          .where(and(eq(bulkRevocationRows.bulkId, id), sql`connection_id <> ${free}`))
          .for('update');
        expect(await workBulkRevocations(operator)).toBe(1);
        expect(await getBulkRevocation(operator, { id })).toMatchObject({ state: 'running' });
        throw died;
      }),
    ).rejects.toBe(died);
    for (const one of held) expect((await rowOf(runtime, one)).status).toBe('connected');
    const jobs = systemContext(runtimeOf(), 'jobs');
    // One that is ending begins nothing.
    expect(await workBulkRevocations(jobs, { signal: AbortSignal.abort() })).toBe(0);
    expect(await workBulkRevocations(jobs)).toBe(2);
    for (const one of [...held, free]) expect((await rowOf(runtime, one)).status).toBe('revoked');
    expect(await getBulkRevocation(operator, { id })).toMatchObject({ state: 'finished' });
  });
});
