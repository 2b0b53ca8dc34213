import { sql } from 'drizzle-orm';
import { type Runtime, systemContext } from '#lib/context';
import { type Db, rowsOf } from '#lib/db/database';
import { newId } from '#lib/ids';
import { refreshConnection } from '#lib/refresh/refresh';
import { vendToken } from '#lib/tokens/vend-token';
import { addApiKey, plainRecord, settle } from '#tests/hub';
import { startTokenServer } from '#tests/servers/token-server';
import { defineBenchmark } from './benchmark.ts';
import { type Filled, fillConnections } from './fill.ts';
import { restOf } from './memory.ts';
import { needBuild, startHub } from './processes.ts';
import type { BenchDatabase, Stage } from './stage.ts';
import { rounded } from './statistics.ts';

interface Bytes {
  heap: number;
  indexes: number;
}

/** Bytes of a table with its partitions. */
async function bytesOf(db: Db, table: string): Promise<Bytes> {
  const [row] = rowsOf<{ heap: number; indexes: number }>(
    await db.execute(sql`select sum(pg_table_size(relid))::float8 as heap, sum(pg_indexes_size(relid))::float8 as indexes
      from (select ${table}::regclass as relid union select relid from pg_partition_tree(${table}::regclass)) as part`),
  );
  if (!row) throw new Error(`there is no table ${table}`);
  return row;
}

async function walPosition(db: Db): Promise<number> {
  const [row] = rowsOf<{ at: number }>(
    await db.execute(sql`select (pg_current_wal_insert_lsn() - '0/0')::float8 as at`),
  );
  return row?.at ?? 0;
}

/** Calls for each in portions of 64, and answers the bytes of write-ahead log and of ledger that one of them made. */
async function costOf(runtime: Runtime, filled: readonly Filled[], call: (one: Filled) => Promise<unknown>) {
  const { db } = runtime.database;
  await db.execute(sql`checkpoint`);
  const before = { ledger: await bytesOf(db, 'ledger'), wal: await walPosition(db) };
  for (let at = 0; at < filled.length; at += 64) await Promise.all(filled.slice(at, at + 64).map(call));
  await settle(runtime);
  const after = { ledger: await bytesOf(db, 'ledger'), wal: await walPosition(db) };
  return {
    ledger: (after.ledger.heap - before.ledger.heap) / filled.length,
    ledgerIndexes: (after.ledger.indexes - before.ledger.indexes) / filled.length,
    wal: (after.wal - before.wal) / filled.length,
  };
}

/** Starts a process on the database, and looks at its memory when nobody has asked it for a while. */
async function atRest(stage: Stage, database: BenchDatabase, seconds: number) {
  await needBuild();
  const began = performance.now();
  const { pid } = await startHub(stage, database);
  const readyMs = performance.now() - began;
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return { ready_ms: rounded(readyMs), ...restOf(pid) };
}

export const size = defineBenchmark({
  about: 'bytes that a connection, a vend and a refresh take in PostgreSQL, and memory of a process at rest',
  full: { rows: 100_000, vends: 50_000, refreshes: 10_000, rest_seconds: 90 },
  quick: { rows: 2_000, vends: 1_000, refreshes: 500, rest_seconds: 3 },
  run: async ({ rows, vends, refreshes, rest_seconds }, stage) => {
    const server = await startTokenServer();
    stage.onClose(() => server.close());
    const database = await stage.createDatabase('size', [plainRecord(server.issuer)]);
    const process = await atRest(stage, await stage.createDatabase('rest', []), rest_seconds);
    const { runtime } = database;
    const { db } = runtime.database;
    const filling = { count: rows, provider: 'acme', expiresIn: 3600, refreshToken: () => server.grant() };
    const filled = await fillConnections(runtime, filling);
    const connections = await bytesOf(db, 'connections');
    const people = await bytesOf(db, 'people');
    const search = await bytesOf(db, 'connection_search');
    const { ctx } = await addApiKey(runtime);
    const asked = Array.from({ length: vends }, (_, n) => filled[n % Math.min(rows, 1_000)] as Filled);
    const vendOne = ({ id }: Filled) => vendToken({ ...ctx, requestId: newId('req') }, { id });
    // As in service: every connection has been used before, and its use is noted once a minute at most.
    await db.execute(sql`insert into connection_uses (person_id, connection_id, last_used_at, last_used_by)
      select person_id, id, now() - interval '1 hour', ${newId('key')} from connections`);
    const uses = await bytesOf(db, 'connection_uses');
    const seldom = await costOf(runtime, filled.slice(0, vends), vendOne);
    await db.execute(sql`update connection_uses set last_used_at = now()`);
    const often = await costOf(runtime, asked, vendOne);
    const system = systemContext(runtime, 'bench');
    const refresh = await costOf(runtime, filled.slice(-refreshes), ({ id }) =>
      refreshConnection(system, { id, force: true }),
    );
    const of = (cost: typeof refresh) => [cost.ledger, cost.ledgerIndexes, cost.wal].map((bytes) => rounded(bytes));
    const per = (bytes: number) => rounded(bytes / rows);
    return {
      tables: [
        {
          title: `Bytes, over ${rows} connections of ${rows / 4} people, as filled`,
          columns: ['of each connection', 'table', 'indexes', 'together'],
          rows: [
            [
              'connections',
              per(connections.heap),
              per(connections.indexes),
              per(connections.heap + connections.indexes),
            ],
            ['its search text', per(search.heap), per(search.indexes), per(search.heap + search.indexes)],
            ['its last use', per(uses.heap), per(uses.indexes), per(uses.heap + uses.indexes)],
            ['people', per(people.heap), per(people.indexes), per(people.heap + people.indexes)],
          ],
        },
        {
          title: 'Bytes that each leaves',
          columns: ['', 'ledger', 'its indexes', 'write-ahead log'],
          rows: [
            ['vend within a minute of another', ...of(often)],
            ['vend later, which notes the use', ...of(seldom)],
            ['refresh', ...of(refresh)],
          ],
        },
        {
          title: 'A process on PostgreSQL',
          columns: ['', ''],
          rows: [
            ['ready after, ms', process.ready_ms],
            [`memory after ${rest_seconds} s of rest, MiB`, process.resident],
            ['of it its own, MiB', process.own],
            ['of it files that processes share, MiB', process.files],
          ],
        },
      ],
      goals: [
        { goal: 'memory at rest, at most 250 MiB', value: process.resident, reached: process.resident <= 250 },
        { goal: 'ready within 5,000 ms', value: process.ready_ms, reached: process.ready_ms <= 5_000 },
      ],
      results: { process, connections, search, uses, people, vend: often, vend_noting_use: seldom, refresh },
    };
  },
});
