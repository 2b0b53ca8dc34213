import { expect, test } from 'vitest';
import { foldByDay } from '#lib/connections/fold-day';

const line = (minute: number, action: string, by: string, sentence = action) => {
  const at = new Date(Date.UTC(2026, 10, 28, 23, 0) + minute * 60_000);
  return { at, until: at, action, sentence, count: 1, by };
};
const fold = (lines: ReturnType<typeof line>[], zone = 'UTC') =>
  foldByDay(lines, zone, ({ by }) => by).map(({ sentence, by, count }) => `${sentence} ${by} ${count}`);

test('S-09 a week of two services that take turns is a line a day and service', () => {
  const minutes = Array.from({ length: 7 * 24 }, (_, hour) => hour * 60).toReversed();
  const events = minutes.flatMap((minute) => ['a', 'b'].map((by) => line(minute, 'token.vended', by)));
  // The first hour belongs to the day before in UTC.
  expect(fold(events)).toHaveLength(16);
  expect(fold(events, 'Europe/Berlin')).toHaveLength(14);
});

test('reads for one thing keep it, reads for several do not', () => {
  const read = (minute: number, what: string) => line(minute, 'token.vended', 'a', `Used, for “${what}”`);
  expect(fold([read(5, 'x, y'), read(4, 'x, y')])).toEqual(['Used, for “x, y” a 2']);
  expect(fold([read(5, 'x'), read(4, 'y, “z”'), line(3, 'token.vended', 'a', 'Used')])).toEqual(['Used a 3']);
});

test('what was decided keeps its order', () => {
  const events = ['connection.revoked', 'token.vended', 'connection.created', 'token.vended', 'connection.created'];
  expect(fold(events.map((action, at) => line(9 - at, action, 'ada')))).toEqual([
    'connection.revoked ada 1',
    'token.vended ada 2',
    'connection.created ada 2',
  ]);
});
