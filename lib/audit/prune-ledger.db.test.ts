import { sql } from 'drizzle-orm';
import { expect, test, vi } from 'vitest';
import { exportCheckpoint } from '#lib/audit/export-checkpoint';
import { firstKeptMonth, pruneLedger } from '#lib/audit/prune-ledger';
import { sealLedger } from '#lib/audit/seal-ledger';
import { verifyLedger } from '#lib/audit/verify-ledger';
import { type Context, systemContext } from '#lib/context';
import { type Database, type Db, rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { ensureLedgerPartitions } from '#lib/db/partitions';
import { describeWithConnections, type TestDatabase, withDatabase } from '#tests/database';
import { createRuntime, plainRecord } from '#tests/hub';

const now = new Date('2031-05-10T12:00:00Z');

/** A hub of May 2031 that keeps two whole months, with a row in each month since January and one without a partition. */
async function inMay(database: Database): Promise<Context> {
  await database.db.execute(
    sql.raw(`do $$ declare part text; begin
    for part in select inhrelid::regclass::text from pg_inherits where inhparent = 'ledger'::regclass loop
      if part <> 'ledger_default' then execute 'drop table ' || part; end if;
    end loop; end $$`),
  );
  await ensureLedgerPartitions(database.db, new Date('2031-01-01T00:00:00Z'));
  const runtime = createRuntime(database, [plainRecord('http://127.0.0.1:9')], { now: () => now });
  runtime.config.ledgerRetentionMonths = 2;
  for (const at of ['2030-12-31', '2031-01-05', '2031-02-05', '2031-03-05', '2031-04-05', '2031-05-05'])
    await add(database, at);
  return systemContext(runtime, 'test');
}

const add = ({ db }: Pick<Database, 'db'>, day: string) =>
  db.execute(
    sql.raw(`insert into ledger (at, action, outcome, actor_type) values ('${day}T10:00:00Z', 'x', 'ok', 'system')`),
  );

const monthsLeft = async ({ db }: Pick<Database, 'db'>) =>
  rowsOf<{ day: string }>(
    await db.execute(sql`select to_char(at at time zone 'utc', 'YYYY-MM') as day from ledger order by at`),
  ).map(({ day }) => day);

test.each([
  ['2031-05-31T23:59:59.999Z', 1, '2031-04'],
  ['2031-01-01T00:00:00Z', 1, '2030-12'],
  ['2031-05-10T12:00:00Z', 12, '2030-05'],
])('whole months are kept: at %s with %i, from %s on', (at, kept, first) => {
  expect(firstKeptMonth(new Date(at), kept)).toBe(first);
});

test('old months are dropped with a seal that says so, and the chain still holds', async () => {
  await withDatabase(async (database) => {
    const ctx = await inMay(database);
    await sealLedger(ctx);
    const kept = await exportCheckpoint(ctx);
    expect(await pruneLedger(ctx, database.db)).toEqual(['2031-01', '2031-02']);
    // What came without a partition of its own stays.
    expect(await monthsLeft(database)).toEqual(['2030-12', '2031-03', '2031-04', '2031-05']);
    const report = await verifyLedger(ctx, { checkpoints: [kept, await exportCheckpoint(ctx)] });
    expect(report).toMatchObject({ faults: [], seals: 3, rows: 4, droppedRows: 2 });
    expect(await pruneLedger(ctx, database.db)).toEqual([]);
    await add(database, '2031-05-06');
    await sealLedger(ctx);
    expect((await verifyLedger(ctx)).faults).toEqual([]);
  });
});

test('a month that is gone without such a seal counts as deleted, and one that comes back as inserted', async () => {
  await withDatabase(async (database) => {
    const ctx = await inMay(database);
    await sealLedger(ctx);
    await database.db.execute(sql`drop table ledger_2031_03`);
    expect((await verifyLedger(ctx)).faults).toMatchObject([{ kind: 'row_deleted', month: '2031-03' }]);
  });
  await withDatabase(async (database) => {
    const ctx = await inMay(database);
    await sealLedger(ctx);
    await pruneLedger(ctx, database.db);
    await database.db.execute(
      sql`insert into ledger (at, action, outcome, actor_type, xid) select '2031-01-06', 'x', 'ok', 'system', min(xid) from ledger`,
    );
    expect((await verifyLedger(ctx)).faults).toMatchObject([{ month: '2031-01' }]);
  });
});

test('nothing is dropped that has no seal yet, nor where everything is kept', async () => {
  await withDatabase(async (database) => {
    const ctx = await inMay(database);
    expect(await pruneLedger(ctx, database.db)).toEqual([]);
    await sealLedger(ctx);
    await add(database, '2031-02-07');
    expect(await pruneLedger(ctx, database.db)).toEqual(['2031-01']);
    ctx.config.ledgerRetentionMonths = 0;
    await sealLedger(ctx);
    expect(await pruneLedger(ctx, database.db)).toEqual([]);
    expect((await verifyLedger(ctx)).faults).toEqual([]);
  });
});

describeWithConnections('F-17 pruning while others use the ledger', () => {
  /** Runs the body while another connection reads the ledger in a transaction, as an export or a backup does. */
  async function whileItIsRead(database: TestDatabase, body: () => Promise<void>): Promise<void> {
    const reader = openPostgres(database.url ?? '', { max: 1, statementTimeoutMs: 0 });
    await reader.db.transaction(async (tx) => {
      await tx.execute(sql`select 1 from ledger limit 1`);
      await body();
    });
    await reader.close();
  }

  const asksForTheLock = async (database: TestDatabase, prune: () => Promise<unknown>): Promise<boolean> => {
    let asked = false;
    const { db } = database;
    const transaction = vi.spyOn(db, 'transaction').mockImplementation(((body: (tx: Db) => Promise<unknown>) => {
      asked = true;
      return Promise.reject(Object.assign(new Error('no lock'), { code: '55P03', body }));
    }) as never);
    await prune();
    transaction.mockRestore();
    return asked;
  };

  test('a month with a row that no seal has yet is left without any lock', async () => {
    await withDatabase(async (database) => {
      const ctx = await inMay(database);
      await sealLedger(ctx);
      await add(database, '2031-01-07');
      expect(await asksForTheLock(database, () => pruneLedger(ctx, database.db))).toBe(false);
      await sealLedger(ctx);
      expect(await asksForTheLock(database, () => pruneLedger(ctx, database.db))).toBe(true);
    });
  });

  test('a lock that is not to be had is given up, entries go on, and the next tick drops the month', async () => {
    await withDatabase(async (database) => {
      const ctx = await inMay(database);
      await sealLedger(ctx);
      await whileItIsRead(database, async () => {
        const pruned = pruneLedger(ctx, database.db);
        await Promise.all(Array.from({ length: 5 }, () => add(database, '2031-05-06')));
        expect(await pruned).toEqual([]);
      });
      await sealLedger(ctx);
      expect(await pruneLedger(ctx, database.db)).toEqual(['2031-01', '2031-02']);
      expect((await verifyLedger(ctx)).faults).toEqual([]);
    });
  });
});
