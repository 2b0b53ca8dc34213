import { describe, expect, test } from 'vitest';
import { dayOf, instantOf, isZone, startOfDay, wallTime } from '#lib/wall-time';

describe('S-02 clocks of a zone', () => {
  test.each([
    ['2026-11-22T23:30:05Z', 'Europe/Berlin', '2026-11-23T00:30:05'],
    ['2026-11-22T23:30:05Z', 'UTC', '2026-11-22T23:30:05'],
    ['2026-06-01T00:00:00Z', 'Asia/Kolkata', '2026-06-01T05:30:00'],
    ['2026-06-01T00:00:00Z', 'America/New_York', '2026-05-31T20:00:00'],
  ])('%s in %s', (at, zone, shown) => {
    expect(wallTime(new Date(at), zone)).toBe(shown);
    expect(instantOf(shown, zone).toISOString()).toBe(new Date(at).toISOString());
    expect(dayOf(new Date(at), zone)).toBe(shown.slice(0, 10));
  });

  test.each([
    ['twice, in the night when clocks are set back', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
    ['never, in the night when clocks are set on', '2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
  ])('a time that there is %s', (_, shown, at) => {
    expect(instantOf(shown, 'Europe/Berlin').toISOString()).toBe(at);
  });

  test('a day begins at its own midnight, although yesterday had 25 hours', () => {
    const at = new Date('2026-10-26T12:00:00Z');
    expect(startOfDay(at, 'Europe/Berlin').toISOString()).toBe('2026-10-25T23:00:00.000Z');
    expect(startOfDay(at, 'Europe/Berlin', 1).toISOString()).toBe('2026-10-24T22:00:00.000Z');
  });

  test.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['Etc/GMT+5', true],
    ['Europe/Nowhere', false],
    ['', false],
    ['a; path=/', false],
  ])('%j is a zone: %s', (text, expected) => {
    expect(isZone(text)).toBe(expected);
  });
});
