import { expect, test } from 'vitest';
import { clockStep } from '#lib/jobs/clock-steps';

const hour = 3_600_000;

test.each([
  ['it goes on as the stopwatch does', 5_000, 0],
  ['it is set right by a second', 4_000, 0],
  ['it goes back by an hour', 5_000 - hour, -hour],
  ['it goes back by two days', 5_000 - 48 * hour, -48 * hour],
  ['it goes ahead by an hour', 5_000 + hour, hour],
  ['it stands still', 0, -5_000],
])('F-24 %s', (_, byDatabase, step) => {
  const before = { at: 1e12, asked: 100, answered: 100 };
  expect(clockStep(before, { at: before.at + byDatabase, asked: 5_100, answered: 5_100 })).toBe(step);
});

test('an answer that took long tells of no step', () => {
  const before = { at: 1e12, asked: 0, answered: 30_000 };
  for (const byDatabase of [0, 4_000, 65_000])
    expect(clockStep(before, { at: before.at + byDatabase, asked: 31_000, answered: 65_000 })).toBe(0);
});
