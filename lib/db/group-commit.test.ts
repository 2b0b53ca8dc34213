import { expect, test } from 'vitest';
import { createGroupCommit } from '#lib/db/group-commit';
import type { LedgerRow } from '#lib/ledger/write-rows';

const row = (requestId: string): LedgerRow => ({
  action: 'token.vended',
  outcome: 'ok',
  actorType: 'api_key',
  requestId,
});

/** A writer that finishes when told, and remembers what it was given. */
function slowWriter() {
  const groups: string[][] = [];
  const finish: ((error?: Error) => void)[] = [];
  const write = (rows: LedgerRow[]) =>
    new Promise<void>((resolve, reject) => {
      groups.push(rows.map(({ requestId }) => requestId ?? ''));
      finish.push((error) => (error ? reject(error) : resolve()));
    });
  return { groups, finish, write };
}

test('what comes during a write goes together in the next', async () => {
  const { groups, finish, write } = slowWriter();
  const commit = createGroupCommit(write);
  const first = commit.add(row('a'));
  await expect.poll(() => groups).toEqual([['a']]);
  const later = ['b', 'c', 'd'].map((id) => commit.add(row(id)));
  expect(groups).toEqual([['a']]);
  finish[0]?.();
  await first;
  await expect.poll(() => groups).toEqual([['a'], ['b', 'c', 'd']]);
  finish[1]?.();
  await Promise.all(later);
  await commit.idle();
});

test('nobody is told before the commit, and a failed commit is told to its own rows only', async () => {
  const { finish, groups, write } = slowWriter();
  const commit = createGroupCommit(write);
  const told: string[] = [];
  const first = commit.add(row('a')).then(
    () => told.push('a stored'),
    (error: Error) => told.push(`a ${error.message}`),
  );
  await expect.poll(() => groups.length).toBe(1);
  expect(told).toEqual([]);
  const second = commit.add(row('b')).then(() => told.push('b stored'));
  finish[0]?.(new Error('disk full'));
  await first;
  await expect.poll(() => groups.length).toBe(2);
  finish[1]?.();
  await second;
  expect(told).toEqual(['a disk full', 'b stored']);
});

test('a flood is cut into statements of at most 256 rows, in order', async () => {
  const groups: number[] = [];
  const order: (string | null | undefined)[] = [];
  const commit = createGroupCommit(async (rows: LedgerRow[]) => {
    groups.push(rows.length);
    order.push(...rows.map(({ requestId }) => requestId));
  });
  const ids = Array.from({ length: 600 }, (_, index) => `r${index}`);
  await Promise.all(ids.map((id) => commit.add(row(id))));
  expect(groups).toEqual([256, 256, 88]);
  expect(order).toEqual(ids);
});

test('rows that nobody waits for gather, and whoever wants them written need not wait for that', async () => {
  const groups: string[][] = [];
  const commit = createGroupCommit(async (rows: string[]) => void groups.push(rows), { gatherMs: 3_600_000 });
  const added = [commit.add('a'), commit.add('b')];
  await new Promise((resolve) => setImmediate(resolve));
  added.push(commit.add('c'));
  expect(groups).toEqual([]);
  await commit.idle();
  await Promise.all(added);
  expect(groups).toEqual([['a', 'b', 'c']]);
});
