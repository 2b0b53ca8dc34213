import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { listIdleDeadlines } from '#lib/freezes/idle-deadlines';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, freeze, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: ReturnType<typeof createRuntime>;
let person: string;

beforeEach(async () => {
  await database.db.delete(freezes);
  await database.db.delete(connections);
  runtime = createRuntime(database.current, [
    { ...plainRecord('http://127.0.0.1:9'), idle_keepalive_days: 25 },
    { ...plainRecord('http://127.0.0.1:9', 'other'), idle_keepalive_days: 5 },
    plainRecord('http://127.0.0.1:9', 'patient'),
  ]);
  person = (await addPerson(runtime)).id;
});

/** A connection with a last life sign so many days back. */
const add = (days: number, provider = 'acme', values: Partial<typeof connections.$inferInsert> = {}, owner = person) =>
  addConnection(runtime, {
    personId: owner,
    provider,
    refreshToken: 'rt',
    values: { connectedAt: sql`now() - make_interval(days => ${days})` as unknown as Date, ...values },
  });

/** Whole days from now, by provider. */
async function deadlines(): Promise<[provider: string, days: number][]> {
  const found = await listIdleDeadlines(systemContext(runtime, 'test'));
  return found.map(({ provider, at }) => [provider.id, Math.round((at.getTime() - Date.now()) / 86_400_000)]);
}

test('without a freeze nothing dies of one', async () => {
  await add(10);
  expect(await deadlines()).toEqual([]);
});

test('under a freeze over everything each provider’s first is named, the soonest first', async () => {
  await Promise.all([add(10), add(20), add(1, 'other'), add(30, 'patient')]);
  await freeze(runtime, 'everything');
  expect(await deadlines()).toEqual([
    ['other', 4],
    ['acme', 5],
  ]);
});

test('what is over already, or has nothing that could die, is not counted', async () => {
  await add(26);
  await add(24, 'acme', { refreshToken: null });
  await add(24, 'acme', { status: 'needs_reconnect' });
  await add(24, 'acme', { lastRefreshedAt: new Date() });
  await freeze(runtime, 'provider', 'acme');
  expect(await deadlines()).toEqual([['acme', 25]]);
});

test('only grants under the freeze count', async () => {
  const { id: neighbour } = await addPerson(runtime);
  await add(24, 'acme', {}, neighbour);
  const frozen = await add(10);
  await add(20);
  await freeze(runtime, 'connection', frozen);
  expect(await deadlines()).toEqual([['acme', 15]]);
  await freeze(runtime, 'person', person);
  expect(await deadlines()).toEqual([['acme', 5]]);
});

test('a frozen API key lets no grant die: the background refreshes on', async () => {
  await add(10);
  await freeze(runtime, 'api_key', (await addApiKey(runtime)).id);
  expect(await deadlines()).toEqual([]);
});
