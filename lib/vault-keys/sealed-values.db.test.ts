import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { countValues } from '#lib/vault-keys/sealed-values';
import { sharedDatabase } from '#tests/database';
import { addConnection, addPerson, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();

test('values are counted once each, over as many pages as there are', async () => {
  const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  const [kid = ''] = runtime.vault.holds();
  const { id: personId } = await addPerson(runtime);
  for (const refreshToken of ['rt', null]) await addConnection(runtime, { personId, refreshToken });
  const sealed = await runtime.vault.seal('x', { row: 'flow1', column: 'flows.sealed' });
  // Two whole pages of flows, so that the walk must ask for a third; one value in three is broken, one in four absent.
  await database.db.execute(sql`insert into flows (id, intent, sealed, outcome, claimed_at, expires_at)
    select 'flow' || n, 'sign_in', case when n % 4 = 0 then null when n % 3 = 0 then 'broken' else ${sealed}::text end,
      case when n % 4 = 0 then ${sealed}::text end, case when n % 4 = 0 then now() end, now() from generate_series(1, 400) n`);
  expect(Object.fromEntries(await countValues(database.db, [kid, 'another']))).toEqual({
    [kid]: { 'connections.access_token': 2, 'connections.refresh_token': 1, 'flows.sealed': 200, 'flows.outcome': 100 },
    '': { 'flows.sealed': 100 },
  });
});
