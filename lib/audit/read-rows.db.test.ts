import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { readRows } from '#lib/audit/read-rows';
import { rowsOf } from '#lib/db/database';
import { encodeRow, monthOf, type SealedRow } from '#lib/ledger/row-encoding';
import { sharedDatabase } from '#tests/database';

const database = sharedDatabase();

/** Reads the whole ledger, in order. */
async function readAll(rests?: number): Promise<SealedRow[]> {
  const rows: SealedRow[] = [];
  const range = { from: 0, to: Number.MAX_SAFE_INTEGER, ...(rests !== undefined && { rests }) };
  await readRows(database.db, range, (row) => rows.push(row));
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

test('any number of rows comes once each, in order, with rests or without', async () => {
  await database.db.execute(sql`delete from ledger`);
  await database.db.execute(sql`insert into ledger (action, outcome, actor_type, count)
    select 'person.signed_in', 'ok', 'system', n from generate_series(1, 1001) as n`);
  const counts = Array.from({ length: 1001 }, (_, n) => n + 1);
  for (const rests of [undefined, 0.5]) expect((await readAll(rests)).map(({ count }) => count)).toEqual(counts);
});
