import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { readRows } from '#lib/audit/read-rows';
import { rowsOf } from '#lib/db/database';
import { type BatchRow, encodeRow, monthOf } from '#lib/ledger/row-encoding';
import { sharedDatabase } from '#tests/database';

const database = sharedDatabase();

/** Reads the whole ledger, in order. */
async function readAll(): Promise<BatchRow[]> {
  const rows: BatchRow[] = [];
  await readRows(database.db, { from: 0, to: Number.MAX_SAFE_INTEGER }, (row) => rows.push(row));
  return rows;
}

test('rows come as they stand in the table, whatever is in them', async () => {
  const odd = 'é"\\\n\t\u0001\u2028\u{1f600}[],null';
  const details = {
    text: odd,
    numbers: [0, -1.5, 1e21, 9_007_199_254_740_991],
    nested: { b: null, a: true },
    '10': 'a',
    '9': 'b',
    '': '',
  };
  await database.db.execute(sql`insert into ledger (at, action, outcome, code, actor_type, actor_id, person_id,
      connection_id, provider, api_key_id, ip, request_id, count, details)
    values ('2026-11-30T23:59:59.999Z', 'token.vended', 'failed', ${odd}, 'api_key', '', 'per_1', 'con_1', 'github', 'key_1',
      '203.0.113.9', ${'x'.repeat(10_000)}, 2147483647, ${JSON.stringify(details)}::jsonb)`);
  await database.db.execute(sql`insert into ledger (at, action, outcome, actor_type, details)
    values ('infinity', 'person.signed_in', 'ok', 'anonymous', '{}'), ('-infinity', 'person.signed_in', 'ok', 'system', '[1]')`);
  const ids = rowsOf<{ id: number; xid: number }>(
    await database.db.execute(sql`select id::float8 as id, xid::float8 as xid from ledger order by id`),
  );
  const nothing = {
    code: null,
    actorId: null,
    personId: null,
    connectionId: null,
    provider: null,
    apiKeyId: null,
    ip: null,
    requestId: null,
    count: 1,
  };
  const signedIn = { ...nothing, action: 'person.signed_in', outcome: 'ok' };
  const rows = await readAll();
  expect(rows).toEqual([
    {
      ...ids[0],
      at: Date.parse('2026-11-30T23:59:59.999Z'),
      action: 'token.vended',
      outcome: 'failed',
      code: odd,
      actorType: 'api_key',
      actorId: '',
      personId: 'per_1',
      connectionId: 'con_1',
      provider: 'github',
      apiKeyId: 'key_1',
      ip: '203.0.113.9',
      requestId: 'x'.repeat(10_000),
      count: 2_147_483_647,
      details: JSON.parse(JSON.stringify(details)),
    },
    { ...ids[1], ...signedIn, at: Number.POSITIVE_INFINITY, actorType: 'anonymous', details: {} },
    { ...ids[2], ...signedIn, at: Number.NEGATIVE_INFINITY, actorType: 'system', details: [1] },
  ]);
  expect(rows.map(({ at }) => monthOf(at))).toEqual(['2026-11', 'none', 'none']);
  // What was sealed before must be found again: the text is what its columns make, and nothing of how they were read.
  const [first] = rows;
  expect(first && encodeRow(first)).toBe(
    `["grantkeep/ledger/row/1",1796083199999,${ids[0]?.id},${ids[0]?.xid},"token.vended","failed",${JSON.stringify(odd)},"api_key","","per_1","con_1","github","key_1","203.0.113.9","${'x'.repeat(10_000)}",2147483647,{"":"","10":"a","9":"b","nested":{"a":true,"b":null},"numbers":[0,-1.5,1e+21,9007199254740991],"text":${JSON.stringify(odd)}}]`,
  );
});

/** Appends rows with these counts, so many in each transaction. */
async function append(rows: number, together: number): Promise<void> {
  await database.db.execute(
    sql.raw(`do $$ begin for k in 1..${rows} by ${together} loop
      begin
        insert into ledger (action, outcome, actor_type, count, xid)
        select 'x', 'ok', 'system', n, 1000 + k from generate_series(k, least(k + ${together - 1}, ${rows})) as n;
      end;
    end loop; end $$`),
  );
}

test.each([
  [1001, 1001],
  [1500, 1],
  [1500, 7],
  [3000, 400],
])('%i rows, %i in a transaction, come once each, in order', async (rows, together) => {
  await database.db.execute(sql`delete from ledger`);
  await append(rows, together);
  expect((await readAll()).map(({ count }) => count)).toEqual(Array.from({ length: rows }, (_, n) => n + 1));
});

test('rows of one id and position, as a hand in the database makes them, come once each', async () => {
  await database.db.execute(sql`delete from ledger`);
  await database.db.execute(sql`insert into ledger (at, id, action, outcome, actor_type, count, xid)
    overriding system value select '2026-11-01'::timestamptz + make_interval(secs => n / 1000.0), 5, 'x', 'ok', 'system', n, 7
    from generate_series(1, 1200) as n`);
  expect((await readAll()).map(({ count }) => count)).toEqual(Array.from({ length: 1200 }, (_, n) => n + 1));
});

test('F-09 no statement of a reading counts or fetches more than a page or two, and each is a transaction of its own', async () => {
  await database.db.execute(sql`delete from ledger`);
  await append(30_000, 1);
  const sizes: number[] = [];
  const watched = new Proxy(database.db, {
    get: (db, name) => {
      if (name === 'transaction') throw new Error('a reading holds no transaction');
      if (name !== 'execute') return Reflect.get(db, name);
      return async (...given: Parameters<typeof db.execute>) => {
        const result = await db.execute(...given);
        sizes.push(rowsOf(result).length);
        return result;
      };
    },
  });
  const rows: BatchRow[] = [];
  await readRows(watched, { from: 0, to: 50_000 }, (row) => rows.push(row));
  expect(rows).toHaveLength(30_000);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(8_000);
  expect(sizes.length).toBeGreaterThan(60);
});
