import { expect, test } from 'vitest';
import { byDay, clockTime } from './days.ts';

const now = new Date('2026-11-29T08:00:00Z');
const at = (text: string) => new Date(text);

test('S-01 entries stand under the days of the reader’s zone, not of UTC', () => {
  const items = [
    '2026-11-29T07:00:00Z',
    '2026-11-28T23:30:00Z',
    '2026-11-28T22:30:00Z',
    '2026-11-23T10:00:00Z',
    '2025-12-31T10:00:00Z',
  ];
  const titles = (zone: string) =>
    byDay(items, at, zone, now).map(({ name, text, items: of }) => [name ?? text, of.length]);
  expect(titles('Europe/Berlin')).toEqual([
    ['Today', 2],
    ['Yesterday', 1],
    ['Mon 23 Nov', 1],
    ['Wed 31 Dec 2025', 1],
  ]);
  expect(titles('UTC')).toEqual([
    ['Today', 1],
    ['Yesterday', 2],
    ['Mon 23 Nov', 1],
    ['Wed 31 Dec 2025', 1],
  ]);
});

test('the time of day is that of the zone', () => {
  expect(clockTime(at('2026-11-28T23:30:05Z'), 'Europe/Berlin')).toBe('00:30');
  expect(clockTime(at('2026-11-28T23:30:05Z'), 'UTC', true)).toBe('23:30:05');
});
