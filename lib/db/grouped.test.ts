import { describe, expect, test } from 'vitest';
import { createGrouped, type GroupOptions } from '#lib/db/grouped';

const fault = new Error('a faulty part');
const unreachable = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });

/** Doubles what it is given once it is told to; notes the groups. */
function slowDoubler() {
  const groups: number[][] = [];
  const finish: ((error?: Error) => void)[] = [];
  const doubles = createGrouped(
    (parts: number[]) =>
      new Promise<number[]>((resolve, reject) => {
        groups.push(parts);
        finish.push((error) => (error ? reject(error) : resolve(parts.map((one) => one * 2))));
      }),
  );
  return { groups, finish, doubles };
}

/** Does not know what to do with a 2; notes the groups. */
function picky(options?: GroupOptions) {
  const groups: number[][] = [];
  const same = createGrouped(async (parts: number[]) => {
    groups.push(parts);
    if (parts.includes(2)) throw fault;
    return parts;
  }, options);
  return { groups, same };
}

test('what is asked in one turn goes together, what comes during a statement in the next, each with its own result', async () => {
  const { groups, finish, doubles } = slowDoubler();
  const first = [1, 2].map((part) => doubles.add(part));
  await expect.poll(() => groups).toEqual([[1, 2]]);
  const later = [3, 4, 5].map((part) => doubles.add(part));
  expect(groups).toEqual([[1, 2]]);
  finish[0]?.();
  expect(await Promise.all(first)).toEqual([2, 4]);
  await expect
    .poll(() => groups)
    .toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  finish[1]?.();
  expect(await Promise.all(later)).toEqual([6, 8, 10]);
  await doubles.idle();
});

test('nobody is told before the statement is over, and its failure is told to its own parts only', async () => {
  const { groups, finish, doubles } = slowDoubler();
  const told: string[] = [];
  const first = doubles.add(1).then(
    () => told.push('1 stored'),
    (error: Error) => told.push(`1 ${error.message}`),
  );
  await expect.poll(() => groups.length).toBe(1);
  expect(told).toEqual([]);
  const second = doubles.add(2).then(() => told.push('2 stored'));
  finish[0]?.(new Error('disk full'));
  await first;
  await expect.poll(() => groups.length).toBe(2);
  finish[1]?.();
  await second;
  expect(told).toEqual(['1 disk full', '2 stored']);
});

test.each([
  [undefined, [64, 64, 22]],
  [100, [100, 50]],
])('a flood is cut into statements of so many parts at most (%s), in order', async (most, expected) => {
  const { groups, same } = picky(most === undefined ? {} : { most });
  const all = Array.from({ length: 150 }, (_, n) => n + 3);
  expect(await Promise.all(all.map((part) => same.add(part)))).toEqual(all);
  expect(groups.map(({ length }) => length)).toEqual(expected);
  expect(groups.flat()).toEqual(all);
});

describe('where a statement fails', () => {
  test('each of its parts is tried alone, in order, and a fault is told to its own part only', async () => {
    const { groups, same } = picky();
    expect(await Promise.allSettled([1, 2, 3].map((part) => same.add(part)))).toMatchObject([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: fault },
      { status: 'fulfilled', value: 3 },
    ]);
    expect(groups).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  test('and its parts stand or fall together, all of them fail and nothing is tried again', async () => {
    const { groups, same } = picky({ triedAlone: false });
    const ended = await Promise.allSettled([1, 2, 3].map((part) => same.add(part)));
    expect(ended).toMatchObject([1, 2, 3].map(() => ({ status: 'rejected', reason: fault })));
    expect(groups).toEqual([[1, 2, 3]]);
  });

  test('because the database is out of reach, nothing is tried again, and what comes later is', async () => {
    let reachable = false;
    let statements = 0;
    const same = createGrouped(async (parts: number[]) => {
      statements += 1;
      if (!reachable) throw unreachable;
      return parts;
    });
    expect(await Promise.allSettled([1, 2].map((part) => same.add(part)))).toMatchObject([
      { status: 'rejected', reason: unreachable },
      { status: 'rejected', reason: unreachable },
    ]);
    expect(statements).toBe(1);
    reachable = true;
    expect(await same.add(3)).toBe(3);
  });
});

test('parts that nobody waits for gather, and whoever wants them written need not wait for that', async () => {
  const groups: string[][] = [];
  const notes = createGrouped(
    async (parts: string[]) => {
      groups.push(parts);
      // What comes meanwhile is written without gathering, too.
      if (groups.length === 1) added.push(notes.add('d'));
    },
    { gatherMs: 3_600_000 },
  );
  const added: Promise<void>[] = [notes.add('a'), notes.add('b')];
  await new Promise((resolve) => setImmediate(resolve));
  added.push(notes.add('c'));
  expect(groups).toEqual([]);
  await notes.idle();
  await Promise.all(added);
  expect(groups).toEqual([['a', 'b', 'c'], ['d']]);
});
