import { Readable } from 'node:stream';
import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { sealLedger } from '#lib/audit/seal-ledger';
import { type Runtime, systemContext } from '#lib/context';
import type { Db } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { record } from '#lib/ledger/record';
import type { LedgerCursor } from '#lib/ledger-stream/cursor';
import { toEvent } from '#lib/ledger-stream/event';
import { readEntries } from '#lib/ledger-stream/read-entries';
import { readSeals } from '#lib/ledger-stream/read-seals';
import { type LedgerSource, type Reconciliation, reconcile } from '#lib/ledger-stream/reconcile';
import { readReturnedFile } from '#lib/ledger-stream/returned-file';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addPerson, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
const start: LedgerCursor = { next: 0, last: null };

beforeEach(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  for (const table of ['ledger', 'ledger_seals', 'ledger_locators']) await run(`delete from ${table}`);
});

const run = (text: string, db: Db = database.db) => db.execute(sql.raw(text));
const ctx = () => systemContext(runtime, 'test');
const write = (reason: string, db: Db = database.db) =>
  record(db, ctx(), { action: 'connection.revoked', connectionId: 'con_1', details: { reason } });

/** Every event from a cursor on, as lines, with the cursor behind them. */
async function stream(cursor = start): Promise<{ lines: string[]; cursor: LedgerCursor }> {
  const lines: string[] = [];
  for (let at = cursor; ; ) {
    const page = await readEntries(ctx(), at);
    lines.push(...page.rows.map((row) => JSON.stringify(toEvent(row, page.origin))));
    if (page.isLast) return { lines, cursor: page.cursor };
    at = page.cursor;
  }
}
const reasonsOf = (lines: string[]) =>
  lines.map(
    (line) =>
      (JSON.parse(line) as { unmapped: { grantkeep: { row: { details: { reason: string } } } } }).unmapped.grantkeep.row
        .details.reason,
  );

const source: LedgerSource = {
  async *seals() {
    yield* (await readSeals(ctx(), 0)).seals;
  },
  async *rows({ from, to }) {
    yield* (await readEntries(ctx(), { next: from, last: null }, to)).rows;
  },
};
async function reconciled(lines: string[], fromSeal?: number): Promise<Reconciliation> {
  const { origin } = await readSeals(ctx(), 0);
  return reconcile(await readReturnedFile(Readable.from(lines.map((line) => `${line}\n`)), origin), source, fromSeal);
}

/** Three seals over three entries each: a1 to c3; and d1, which has none yet. */
async function sealThree(): Promise<string[]> {
  for (const letter of ['a', 'b', 'c']) {
    for (const n of [1, 2, 3]) await write(`${letter}${n}`);
    expect(await sealLedger(ctx())).toEqual({ seals: 1, rows: 3 });
  }
  await write('d1');
  return (await stream()).lines;
}
const none = { count: 0, first: [] };

describe('the stream', () => {
  test('has every entry once, in the order of the seals, and goes on after its cursor', async () => {
    await write('one');
    await write('two');
    const first = await stream();
    expect(reasonsOf(first.lines)).toEqual(['one', 'two']);
    await write('three');
    const second = await stream(first.cursor);
    expect(reasonsOf(second.lines)).toEqual(['three']);
    expect((await stream(second.cursor)).lines).toEqual([]);
  });

  test('is refused to who may not read the ledger', async () => {
    const user = (await addPerson(runtime)).ctx('user');
    await expect(readEntries(user, start)).rejects.toThrow(expect.objectContaining({ code: 'forbidden' }));
    await expect(readSeals(user, 0)).rejects.toThrow(expect.objectContaining({ code: 'forbidden' }));
  });

  test('stops where the ledger is not the one of the cursor, as after a backup was restored', async () => {
    await write('kept');
    await write('lost');
    const { cursor } = await stream();
    await run(`delete from ledger where details->>'reason' = 'lost'`);
    await expect(stream(cursor)).rejects.toThrow(expect.objectContaining({ code: 'conflict' }));
    await write('new');
    await expect(stream(cursor)).rejects.toThrow(/restored|backup/);
    expect(reasonsOf((await stream()).lines)).toEqual(['kept', 'new']);
  });
});

describeWithConnections('the stream beside transactions that are open', () => {
  test('waits for an entry that commits late, and passes none over', async () => {
    const other = openPostgres(database.current.url ?? '', { max: 1 });
    try {
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let written = () => {};
      const isWritten = new Promise<void>((resolve) => {
        written = resolve;
      });
      const late = other.db.transaction(async (tx) => {
        await write('late', tx as unknown as Db);
        written();
        await held;
      });
      await isWritten;
      await write('early');
      const before = await stream();
      expect(before.lines).toEqual([]);
      release();
      await late;
      expect(reasonsOf((await stream(before.cursor)).lines)).toEqual(['late', 'early']);
    } finally {
      await other.close();
    }
  });
});

describe('reconciling', () => {
  test('a whole file is complete up to the newest seal, in any order and with doubled lines', async () => {
    const lines = await sealThree();
    const whole = { ok: true, complete_from_seal: 1, complete_to_seal: 3, newest_seal: 3, entries: 10, not_sealed: 1 };
    expect(await reconciled(lines)).toMatchObject({ ...whole, lines: 10, doubled: 0, later: 0 });
    const shuffled = [...lines.toReversed(), ...lines.slice(2, 5), 'of another product'];
    expect(await reconciled(shuffled)).toMatchObject({
      ...{ ...whole, lines: 14, doubled: 3, foreign_lines: 1, first_foreign_line: 14 },
      ...{ missing: none, altered: none, unknown: none },
    });
  });

  test('names an entry that is missing, and how far the file is complete before it', async () => {
    const lines = await sealThree();
    const uid = (JSON.parse(lines[4] ?? '') as { metadata: { uid: string } }).metadata.uid;
    expect(await reconciled(lines.toSpliced(4, 1))).toMatchObject({
      ...{ ok: false, complete_to_seal: 1, missing: { count: 1, first: [uid] }, altered: none, unknown: none },
    });
    expect(await reconciled(lines.toSpliced(4, 1), 3)).toMatchObject({
      ok: true,
      complete_from_seal: 3,
      complete_to_seal: 3,
    });
    expect(await reconciled(lines.toSpliced(9, 1))).toMatchObject({ ok: true, complete_to_seal: 3, not_sealed: 0 });
  });

  test('a file that ends before the ledger does lacks nothing yet', async () => {
    const lines = await sealThree();
    expect(await reconciled(lines.slice(0, 4))).toMatchObject({
      ok: true,
      complete_to_seal: 1,
      newest_seal: 3,
      later: 5,
    });
    expect(await reconciled([])).toMatchObject({ ok: true, complete_to_seal: null, later: 9 });
  });

  test('names an entry that was altered in its row or beside it, and one that the ledger never had', async () => {
    const lines = await sealThree();
    const changed = lines.with(1, lines[1]?.replaceAll('"a2"', '"a9"') ?? '');
    expect(await reconciled(changed)).toMatchObject({
      ok: false,
      complete_to_seal: null,
      altered: { count: 1 },
      missing: none,
    });
    const beside = lines.with(1, lines[1]?.replace('"status_id":1', '"status_id":2') ?? '');
    expect(await reconciled(beside)).toMatchObject({ ok: false, complete_to_seal: 3, altered: { count: 1 } });
    const forged = [
      ...lines,
      lines[1]?.replace(/"id":\d+/, '"id":987654').replace(/"uid":"(\d+)-\d+"/, '"uid":"$1-987654"') ?? '',
    ];
    expect(await reconciled(forged)).toMatchObject({ ok: false, unknown: { count: 1 }, altered: none, missing: none });
    const late = [
      ...lines,
      lines[1]?.replace(/"xid":\d+/, '"xid":99999999').replace(/"uid":"\d+-/, '"uid":"99999999-') ?? '',
    ];
    expect(await reconciled(late)).toMatchObject({ ok: false, unknown: { count: 1 }, missing: none });
  });

  test('believes the file and not the ledger where a row was changed since, and no seal that was forged', async () => {
    const lines = await sealThree();
    await run(`update ledger set actor_id = 'another' where details->>'reason' = 'b1'`);
    expect(await reconciled(lines)).toMatchObject({ ok: true, complete_to_seal: 3 });
    // The SIEM took the changed row: file and ledger agree, and the seal contradicts both.
    expect(await reconciled((await stream()).lines)).toMatchObject({
      ok: false,
      complete_to_seal: 1,
      differing_seals: [2],
    });
    await run(`update ledger_seals set sealed_at = sealed_at + interval '1 second' where n = 2`);
    expect(await reconciled(lines)).toMatchObject({ ok: false, complete_to_seal: 1, broken_seals: [2, 3] });
  });
});
