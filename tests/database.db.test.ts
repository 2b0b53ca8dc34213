import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { describeWithConnections, engine, sharedDatabase, withDatabase } from '#tests/database';

const shared = sharedDatabase();

test('a test database is migrated and on the engine of the run', async () => {
  expect(shared.current.engine).toBe(engine);
  const found = rowsOf(await shared.db.execute(sql`select to_regclass('ledger')::text as name`));
  expect(found).toEqual([{ name: 'ledger' }]);
});

test('what one database holds, another does not', async () => {
  await shared.db.execute(sql`create table only_here (n int)`);
  await withDatabase(async ({ db }) => {
    const found = rowsOf(await db.execute(sql`select to_regclass('only_here')::text as name`));
    expect(found).toEqual([{ name: null }]);
  });
});

describeWithConnections('a second connection', () => {
  test('reaches the same database', async () => {
    const url = shared.current.url;
    expect(url).toBeDefined();
    const second = openPostgres(url ?? '', { max: 1 });
    await shared.db.execute(sql`create table seen_by_both (n int)`);
    const found = rowsOf(await second.db.execute(sql`select to_regclass('seen_by_both')::text as name`));
    await second.close();
    expect(found).toEqual([{ name: 'seen_by_both' }]);
  });
});
