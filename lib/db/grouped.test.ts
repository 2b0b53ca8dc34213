import { expect, test } from 'vitest';
import { createGrouped } from '#lib/db/grouped';

const fault = new Error('a faulty part');
const unreachable = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });

/** Doubles what it is given once it is told to; notes the groups. */
function slowDoubler() {
  const groups: number[][] = [];
  const finish: (() => void)[] = [];
  const double = createGrouped(
    (group: number[]) =>
      new Promise<number[]>((resolve) => {
        groups.push(group);
        finish.push(() => resolve(group.map((one) => one * 2)));
      }),
  );
  return { groups, finish, double };
}

test('what is asked while a statement is under way goes together in the next, and each gets its own answer', async () => {
  const { groups, finish, double } = slowDoubler();
  const first = double(1);
  await expect.poll(() => groups).toEqual([[1]]);
  const later = [2, 3, 4].map(double);
  finish[0]?.();
  expect(await first).toBe(2);
  await expect.poll(() => groups).toEqual([[1], [2, 3, 4]]);
  finish[1]?.();
  expect(await Promise.all(later)).toEqual([4, 6, 8]);
});

test('a flood is cut into statements of at most 64 parts, in order', async () => {
  const sizes: number[] = [];
  const same = createGrouped(async (group: number[]) => {
    sizes.push(group.length);
    return group;
  });
  const all = Array.from({ length: 150 }, (_, n) => n);
  expect(await Promise.all(all.map(same))).toEqual(all);
  expect(sizes).toEqual([64, 64, 22]);
});

test('a fault is told to its own part only: the others are tried without it', async () => {
  const sizes: number[] = [];
  const picky = createGrouped(async (group: number[]) => {
    sizes.push(group.length);
    if (group.includes(2)) throw fault;
    return group;
  });
  expect(await Promise.allSettled([1, 2, 3].map(picky))).toMatchObject([
    { status: 'fulfilled', value: 1 },
    { status: 'rejected', reason: fault },
    { status: 'fulfilled', value: 3 },
  ]);
  expect(sizes).toEqual([3, 1, 1, 1]);
});

test('where the database is out of reach nothing is tried again, and what comes later is', async () => {
  let reachable = false;
  let statements = 0;
  const same = createGrouped(async (group: number[]) => {
    statements += 1;
    if (!reachable) throw unreachable;
    return group;
  });
  expect(await Promise.allSettled([1, 2].map(same))).toMatchObject([
    { status: 'rejected', reason: unreachable },
    { status: 'rejected', reason: unreachable },
  ]);
  expect(statements).toBe(1);
  reachable = true;
  expect(await same(3)).toBe(3);
});
