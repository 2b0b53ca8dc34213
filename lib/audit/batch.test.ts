import { describe, expect, test } from 'vitest';
import { createBatch, locatorBytes } from '#lib/audit/batch';
import { checkBatch } from '#lib/audit/check-batch';
import type { SignedSeal } from '#lib/audit/seals';
import { createMerkleTree, leafHash } from '#lib/ledger/merkle';
import { type BatchRow, encodeRow } from '#lib/ledger/row-encoding';

const january = Date.parse('2031-01-31T23:59:59Z');

/** So many rows, a second apart, from the last second of January on. */
function rows(count: number): BatchRow[] {
  return Array.from({ length: count }, (_, n) => ({
    at: january + n * 1000,
    id: n + 1,
    xid: 100 + n,
    action: 'token.vended',
    outcome: 'ok',
    code: null,
    actorType: 'system',
    actorId: null,
    personId: null,
    connectionId: null,
    provider: null,
    apiKeyId: null,
    ip: null,
    requestId: null,
    count: 1,
    details: {},
  }));
}

function added(all: readonly BatchRow[]) {
  const batch = createBatch();
  for (const row of all) batch.add(row);
  return batch;
}

describe('a batch', () => {
  test('has a part for each month, with the root of its rows', () => {
    const all = rows(300);
    const batch = added(all);
    const february = createMerkleTree();
    for (const row of all.slice(1)) february.add(leafHash(encodeRow(row)));
    expect(batch.rows).toBe(300);
    expect(batch.parts()).toEqual([
      { month: '2031-01', rows: 1, root: leafHash(encodeRow(all[0] as BatchRow)).toString('base64') },
      { month: '2031-02', rows: 299, root: february.root().toString('base64') },
    ]);
  });

  test('keeps the beginning of each row’s hash, in its order', () => {
    const all = rows(300);
    const expected = all.map((row) => leafHash(encodeRow(row)).subarray(0, locatorBytes));
    expect(added(all).locators().equals(Buffer.concat(expected))).toBe(true);
  });

  test('without rows has nothing', () => {
    expect([createBatch().parts(), createBatch().locators().length]).toEqual([[], 0]);
  });
});

describe('a check of a batch', () => {
  const all = rows(200);
  const sealed = added(all);
  const seal: SignedSeal = {
    n: 4,
    encoding: 1,
    from: 100,
    to: 300,
    parts: sealed.parts(),
    dropped: [],
    previous: '',
    sealedAt: new Date(0),
    keyId: 'k',
    signature: '',
  };
  const never = (_month: string) => false;
  function faults(found: readonly BatchRow[], locators: Uint8Array | undefined = sealed.locators(), dropped = never) {
    const check = checkBatch(seal);
    for (const row of found) check.add(row);
    return check.faults(locators, dropped).map(({ kind, month, row }) => [kind, month, row?.id ?? null]);
  }

  test('of what was sealed finds nothing', () => {
    expect(faults(all)).toEqual([]);
  });

  test('names the row that was changed, deleted or inserted', () => {
    expect(faults(all.with(150, { ...(all[150] as BatchRow), ip: 'x' }))).toEqual([['row_changed', '2031-02', 151]]);
    expect(faults(all.toSpliced(150, 1))).toEqual([['row_deleted', '2031-02', 152]]);
    expect(faults(all.toSpliced(150, 0, { ...(all[150] as BatchRow), id: 999 }))).toEqual([
      ['row_inserted', '2031-02', 999],
    ]);
    expect(faults(all.slice(0, -1))).toEqual([['row_deleted', '2031-02', null]]);
  });

  test('finds a row that was moved to another month in both', () => {
    const moved = all.with(0, { ...(all[0] as BatchRow), at: january + 500_000 });
    expect(faults(moved)).toEqual([
      ['row_inserted', '2031-02', 1],
      ['row_deleted', '2031-01', null],
    ]);
    const foreign = all.with(0, { ...(all[0] as BatchRow), at: Date.parse('2030-06-01T00:00:00Z') });
    expect(faults(foreign)).toEqual([
      ['row_inserted', '2030-06', 1],
      ['row_deleted', '2031-01', null],
    ]);
  });

  test('lets a dropped month be gone, and no other', () => {
    const february = all.slice(1);
    expect(faults(february, sealed.locators(), (month) => month === '2031-01')).toEqual([]);
    expect(faults(february, sealed.locators(), (month) => month === '2031-02')).toEqual([
      ['row_deleted', '2031-01', null],
    ]);
  });

  test('without what tells rows apart says only what it knows', () => {
    const changed = all.with(150, { ...(all[150] as BatchRow), ip: 'x' });
    for (const locators of [new Uint8Array(), sealed.locators().subarray(8)]) {
      expect(faults(changed, locators)[0]?.[0]).toBe('rows_differ');
    }
    expect(faults(changed, added(changed).locators())).toEqual([['rows_differ', '2031-02', null]]);
  });
});
