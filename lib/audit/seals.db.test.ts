import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { exportCheckpoint } from '#lib/audit/export-checkpoint';
import { sealLedger } from '#lib/audit/seal-ledger';
import { verifyLedger } from '#lib/audit/verify-ledger';
import { type Runtime, systemContext } from '#lib/context';
import { type Db, rowsOf } from '#lib/db/database';
import { record } from '#lib/ledger/record';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addPerson, asNobody, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;

beforeEach(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  for (const table of ['ledger', 'ledger_seals', 'ledger_locators']) await sqlText(`delete from ${table}`);
});

const sqlText = (text: string, db: Db = database.db) => db.execute(sql.raw(text));
const ctx = () => systemContext(runtime, 'test');
const write = (reason: string, db: Db = database.db) =>
  record(db, ctx(), { action: 'connection.revoked', details: { reason } });
const verify = (...checkpoints: string[]) => verifyLedger(ctx(), { checkpoints });
const kinds = async (...checkpoints: string[]) =>
  (await verify(...checkpoints)).faults.map(({ kind, seal }) => (seal === null ? kind : `${kind} ${seal}`));
const idOf = async (reason: string) =>
  rowsOf<{ id: number }>(
    await database.db.execute(sql`select id::int from ledger where details->>'reason' = ${reason}`),
  )[0]?.id;

/** Three seals over three rows each: a1 a2 a3, b1 b2 b3, c1 c2 c3. */
async function sealThree(): Promise<void> {
  for (const letter of ['a', 'b', 'c']) {
    for (const n of [1, 2, 3]) await write(`${letter}${n}`);
    expect(await sealLedger(ctx())).toEqual({ seals: 1, rows: 3 });
  }
}

describe('sealing', () => {
  test('takes each row once, whatever the size of a batch, and nothing where nothing is new', async () => {
    expect(await sealLedger(ctx())).toEqual({ seals: 0, rows: 0 });
    for (let n = 0; n < 23; n++) await write(`${n}`);
    expect(await sealLedger(ctx(), { batchRows: 5 })).toEqual({ seals: 5, rows: 23 });
    expect(await sealLedger(ctx())).toEqual({ seals: 0, rows: 0 });
    const report = await verify();
    expect(report).toMatchObject({ faults: [], seals: 5, rows: 23, waiting: { rows: 0, since: null } });
  });

  test('first brings the index of positions up to now, so that no batch reads all that is new', async () => {
    const summaries = async () => {
      const found = await database.db.execute(sql`select sum(brin_summarize_new_values(relid))::int as n
        from pg_partition_tree('ledger_xid'::regclass) where isleaf`);
      return rowsOf<{ n: number }>(found)[0]?.n;
    };
    await write('new');
    // Where the deleted rows of other tests lie, too, nothing is summed up.
    await sqlText(`select brin_desummarize_range(relid, 0) from pg_partition_tree('ledger_xid') where isleaf`);
    await sealLedger(ctx());
    expect(await summaries()).toBe(0);
    await sqlText(`select brin_desummarize_range(relid, 0) from pg_partition_tree('ledger_xid') where isleaf`);
    expect(await summaries()).toBeGreaterThan(0);
  });

  test('begins no batch in a process that is ending', async () => {
    for (let n = 0; n < 3; n++) await write(`${n}`);
    expect(await sealLedger(ctx(), { signal: AbortSignal.abort() })).toEqual({ seals: 0, rows: 0 });
    expect(await sealLedger(ctx())).toEqual({ seals: 1, rows: 3 });
  });

  test('leaves to the next round what is more than a round', async () => {
    for (let n = 0; n < 10; n++) await write(`${n}`);
    expect(await sealLedger(ctx(), { batchRows: 2, batches: 3 })).toEqual({ seals: 3, rows: 6 });
    expect((await verify()).waiting.rows).toBe(4);
    expect(await sealLedger(ctx(), { batchRows: 2, batches: 3 })).toEqual({ seals: 2, rows: 4 });
    expect(await kinds()).toEqual([]);
  });

  test('does not part the rows of one transaction', async () => {
    await database.db.transaction(async (tx) => {
      for (let n = 0; n < 7; n++) await write(`${n}`, tx as unknown as Db);
    });
    await write('later');
    expect(await sealLedger(ctx(), { batchRows: 2 })).toEqual({ seals: 2, rows: 8 });
    expect(await kinds()).toEqual([]);
  });

  test('by several at once makes one chain', async () => {
    for (let n = 0; n < 20; n++) await write(`${n}`);
    await Promise.all(Array.from({ length: 4 }, () => sealLedger(ctx(), { batchRows: 3 })));
    await sealLedger(ctx(), { batchRows: 3 });
    expect(await verify()).toMatchObject({ faults: [], rows: 20 });
  });

  test('cuts a batch by months, of which each has its root', async () => {
    for (const at of ['2031-01-31T23:59:59.999Z', '2031-02-01T00:00:00Z', '2031-02-03T00:00:00Z']) {
      await sqlText(`insert into ledger (at, action, outcome, actor_type) values ('${at}', 'x', 'ok', 'system')`);
    }
    await sealLedger(ctx());
    const [seal] = rowsOf<{ parts: { month: string; rows: number }[] }>(
      await sqlText('select parts from ledger_seals'),
    );
    expect(seal?.parts.map(({ month, rows }) => [month, rows])).toEqual([
      ['2031-01', 1],
      ['2031-02', 2],
    ]);
    expect(await kinds()).toEqual([]);
  });
});

describe('a change of the rows is found at its place:', () => {
  beforeEach(sealThree);

  test.each([
    ['an edited row', `update ledger set details = '{"reason":"nothing"}' where details->>'reason' = 'b2'`, 'b2'],
    ['an edited address', `update ledger set ip = '198.51.100.1' where details->>'reason' = 'b2'`, 'b2'],
    ['an edited time', `update ledger set at = at + interval '1 ms' where details->>'reason' = 'b2'`, 'b2'],
    ['an edited count', `update ledger set count = 2 where details->>'reason' = 'b2'`, 'b2'],
  ])('%s', async (_, statement, reason) => {
    const id = await idOf(reason);
    await sqlText(statement);
    const { faults } = await verify();
    expect(faults).toEqual([
      expect.objectContaining({ kind: 'row_changed', seal: 2, row: { at: expect.any(Date), id } }),
    ]);
  });

  test('two rows that changed places', async () => {
    const [first, second] = [await idOf('b1'), await idOf('b3')];
    await sqlText(`update ledger set details = case details->>'reason' when 'b1' then '{"reason":"b3"}'::jsonb
      else '{"reason":"b1"}'::jsonb end where details->>'reason' in ('b1', 'b3')`);
    expect((await verify()).faults).toMatchObject([{ kind: 'row_changed', seal: 2, row: { id: first } }]);
    expect(second).not.toBe(first);
  });

  test('rows that changed batches', async () => {
    await sqlText(`update ledger set xid = (select max(xid) from ledger) where details->>'reason' = 'a3'`);
    expect(await kinds()).toEqual(['row_deleted 1', 'row_inserted 3']);
  });

  test.each([
    ['b1', 'b2'],
    ['b2', 'b3'],
    ['b3', null],
  ])('a deleted row %s', async (gone, next) => {
    const row = next === null ? null : { at: expect.any(Date), id: await idOf(next) };
    await sqlText(`delete from ledger where details->>'reason' = '${gone}'`);
    expect((await verify()).faults).toEqual([expect.objectContaining({ kind: 'row_deleted', seal: 2, row })]);
  });

  test('a whole deleted batch', async () => {
    await sqlText(`delete from ledger where details->>'reason' like 'b%'`);
    expect(await kinds()).toEqual(['row_deleted 2']);
  });

  test('a row that was slipped in', async () => {
    await sqlText(`insert into ledger (action, outcome, actor_type, xid)
      select 'x', 'ok', 'system', xid from ledger where details->>'reason' = 'b2'`);
    expect(await kinds()).toEqual(['row_inserted 2']);
    await sqlText(`update ledger set xid = -1 where action = 'x'`);
    expect(await kinds()).toEqual(['row_inserted']);
  });

  test('also where what tells the row is gone, or was changed as well', async () => {
    await sqlText(`update ledger set ip = '198.51.100.1' where details->>'reason' = 'b2'`);
    await sqlText('delete from ledger_locators where n = 2');
    expect(await kinds()).toEqual(['rows_differ 2']);
  });
});

test('rows that are kept from being sealed are told after a day', async () => {
  for (const hours of [1, 25]) {
    await sqlText(`insert into ledger (at, action, outcome, actor_type, xid)
      values (now() - interval '${hours} hours', 'x', 'ok', 'system', 9000000000000000)`);
    await sealLedger(ctx());
    expect(await kinds()).toEqual(hours === 1 ? [] : ['rows_not_sealed']);
  }
});

describe('a change of the seals is found:', () => {
  beforeEach(sealThree);

  test.each([
    ['an edited seal', `update ledger_seals set sealed_at = sealed_at - interval '1 day' where n = 2`],
    ['an edited root', `update ledger_seals set parts = jsonb_set(parts, '{0,rows}', '2') where n = 2`],
    [
      'an exchanged signature',
      `update ledger_seals s set signature = o.signature from ledger_seals o where s.n = 2 and o.n = 1`,
    ],
  ])('%s', async (_, statement) => {
    await sqlText(statement);
    expect((await kinds())[0]).toBe('seal_changed 2');
  });

  test.each([
    [1, 'seal_missing 1'],
    [2, 'seal_missing 2'],
  ])('deleted seal %i', async (n, expected) => {
    await sqlText(`delete from ledger_seals where n = ${n}`);
    expect((await kinds())[0]).toBe(expected);
  });

  test('seals that changed places', async () => {
    await sqlText('update ledger_seals set n = case n when 1 then -2 else -1 end where n < 3');
    await sqlText('update ledger_seals set n = -n where n < 0');
    expect((await kinds())[0]).toBe('seal_changed 1');
  });

  test('one that was made anew with the key itself after rows were changed', async () => {
    await sqlText(`update ledger set ip = '198.51.100.1' where details->>'reason' = 'b2'`);
    const kept = rowsOf<{ previous: string }>(await sqlText('select previous from ledger_seals where n = 3'))[0];
    await sqlText('delete from ledger_seals where n >= 2');
    await sqlText('delete from ledger_locators where n >= 2');
    await sealLedger(ctx(), { batchRows: 3 });
    // The chain is whole again, by itself.
    expect(await kinds()).toEqual([]);
    const after = rowsOf<{ previous: string }>(await sqlText('select previous from ledger_seals where n = 3'))[0];
    expect(after?.previous).not.toBe(kept?.previous);
  });

  test('the key that signed is not among ours', async () => {
    runtime.config.vaultKeys.splice(0, 1, { kid: 'other', key: new Uint8Array(32).fill(1) });
    expect(await kinds()).toEqual(['seal_key_unknown 1', 'seal_key_unknown 2', 'seal_key_unknown 3']);
  });
});

describe('checkpoints that were kept elsewhere', () => {
  test('hold while the ledger grows', async () => {
    const kept = [await exportCheckpoint(ctx())];
    await sealThree();
    kept.push(await exportCheckpoint(ctx()));
    await write('d');
    await sealLedger(ctx());
    kept.push(await exportCheckpoint(ctx()));
    expect(kept.map((text) => text.split('\n')[1])).toEqual(['0', '3', '4']);
    expect(await kinds(...kept)).toEqual([]);
  });

  test('tell that the end was cut off', async () => {
    await sealThree();
    const kept = await exportCheckpoint(ctx());
    await sqlText(`delete from ledger where details->>'reason' like 'c%'`);
    await sqlText('delete from ledger_seals where n = 3');
    expect(await kinds()).toEqual([]);
    expect(await kinds(kept)).toEqual(['seals_cut_off 3']);
  });

  test('tell that the past was rewritten by one who has the keys', async () => {
    await sealThree();
    const kept = await exportCheckpoint(ctx());
    await sqlText(`delete from ledger where details->>'reason' = 'b2'`);
    await sqlText('delete from ledger_seals where n >= 2');
    await sqlText('delete from ledger_locators where n >= 2');
    await sealLedger(ctx(), { batchRows: 2 });
    await write('more');
    await sealLedger(ctx());
    expect(await kinds()).toEqual([]);
    expect(await kinds(kept)).toEqual(['checkpoint_contradicted 3']);
  });

  test('tell that the owner of the database wrote everything anew, to the last seal', async () => {
    await sealThree();
    const kept = await exportCheckpoint(ctx());
    const before = rowsOf(await sqlText('select parts from ledger_seals order by n'));
    for (const table of ['ledger', 'ledger_seals', 'ledger_locators']) await sqlText(`delete from ${table}`);
    await sealThree();
    expect(rowsOf(await sqlText('select parts from ledger_seals order by n'))).not.toEqual(before);
    expect(await kinds()).toEqual([]);
    expect(await kinds(kept)).toEqual(['checkpoint_contradicted 3']);
  });

  test('of others, or of other making, are refused', async () => {
    await sealThree();
    const kept = await exportCheckpoint(ctx());
    const refused = { code: 'invalid_request' };
    for (const text of ['text', '', kept.replace('\n3\n', '\n2\n')]) {
      await expect(verify(kept, text)).rejects.toMatchObject(refused);
    }
    runtime.config.appUrl = new URL('https://other.example');
    await expect(verify(kept)).rejects.toMatchObject(refused);
  });
});

test('only who reads everything may verify, or take a checkpoint', async () => {
  const person = await addPerson(runtime);
  for (const refused of [asNobody(runtime), person.ctx()]) {
    await expect(verifyLedger(refused)).rejects.toMatchObject({
      code: expect.stringMatching(/unauthenticated|forbidden/),
    });
    await expect(exportCheckpoint(refused)).rejects.toThrow();
  }
  expect((await verifyLedger(person.ctx('auditor'))).faults).toEqual([]);
});

describeWithConnections('rows that are committed late', () => {
  test('keep the seals from passing them, and are in one in the end', async () => {
    await write('before');
    let finish = () => {};
    const mayEnd = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let begun = () => {};
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const late = database.db.transaction(async (tx) => {
      await write('late', tx as unknown as Db);
      begun();
      await mayEnd;
    });
    await hasBegun;
    for (let n = 0; n < 5; n++) await write(`after ${n}`);
    expect(await sealLedger(ctx())).toEqual({ seals: 1, rows: 1 });
    expect(await sealLedger(ctx())).toEqual({ seals: 0, rows: 0 });
    finish();
    await late;
    expect(await sealLedger(ctx())).toEqual({ seals: 1, rows: 6 });
    expect(await verify()).toMatchObject({ faults: [], rows: 7, waiting: { rows: 0 } });
  });

  test('are each in one batch, however writers and sealers cross', async () => {
    let writing = true;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; n < 40; n++) {
        const undone = database.db.transaction(async (tx) => {
          await write(`${writer} ${n}`, tx as unknown as Db);
          if (n % 5 === 4) throw new Error('undone');
          await write(`${writer} ${n} too`, tx as unknown as Db);
        });
        await undone.catch(() => {});
      }
    });
    const sealer = async () => {
      while (writing) await sealLedger(ctx(), { batchRows: 7 });
    };
    const sealers = [sealer(), sealer()];
    await Promise.all(writers);
    writing = false;
    await Promise.all(sealers);
    await sealLedger(ctx());
    expect(await verify()).toMatchObject({ faults: [], rows: 4 * 32 * 2, waiting: { rows: 0 } });
  });
});
