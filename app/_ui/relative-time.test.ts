import { expect, test } from 'vitest';
import { duration, exactTime, relativeTime, shortDuration } from './relative-time.ts';

const now = new Date('2026-11-22T12:00:00Z');
const seconds = (count: number) => new Date(now.getTime() + count * 1000);

test.each([
  [604_798, 'next week'],
  [86_398, 'tomorrow'],
  [90, 'in 2 minutes'],
  [0, 'just now'],
  [-59, 'just now'],
  [59, 'in less than a minute'],
  [-60, '1 minute ago'],
  [-3599, '59 minutes ago'],
  [-3600, '1 hour ago'],
  [7200, 'in 2 hours'],
  [-86_400, 'yesterday'],
  [-86_400 * 6, '6 days ago'],
  [-86_400 * 7, 'last week'],
  [86_400 * 90 - 1, 'in 3 months'],
  [-86_400 * 366, 'last year'],
])('%i seconds from now is “%s”', (offset, text) => {
  expect(relativeTime(seconds(offset), now)).toBe(text);
});

test.each([
  [59_999, 'less than a minute', '<1 min'],
  [60_000, '1 minute', '1 min'],
  [59 * 60_000, '59 minutes', '59 min'],
  [3_600_000, '1 hour', '1 h'],
  [3_900_000, '1 hour 5 minutes', '1 h 5 min'],
  [8 * 3_600_000 - 1, '7 hours', '7 h 59 min'],
  [26 * 3_600_000, '26 hours', '26 h'],
  [48 * 3_600_000, '2 days', '2 d'],
])('a span of %i ms is said in words and narrowly', (span, words, narrow) => {
  expect(duration(span)).toBe(words);
  expect(shortDuration(span)).toBe(narrow);
});

test('the exact time names its zone', () => {
  expect(exactTime(now, 'UTC')).toBe('22 Nov 2026, 12:00:00 UTC');
  expect(exactTime(now, 'Asia/Tokyo')).toContain('21:00:00');
});
