import { expect, test } from 'vitest';
import { tokenLife } from './token-life.ts';

const now = new Date('2026-11-22T12:00:00Z');
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);

test('a connection without a token has no life to show', () => {
  expect(tokenLife(null, now)).toBeNull();
});

test('a token without an end has no bar', () => {
  expect(tokenLife({ issuedAt: minutes(-5), expiresAt: null, refreshable: false }, now)).toMatchObject({ share: null });
});

test('the share is what remains of the whole life', () => {
  expect(tokenLife({ issuedAt: minutes(-45), expiresAt: minutes(15), refreshable: true }, now)).toEqual({
    share: 0.25,
    sentence: 'Renews by itself, 15 minutes left',
    short: '15 min left',
  });
});

test('the share never exceeds the whole, even where the issue lies ahead of this clock', () => {
  expect(tokenLife({ issuedAt: minutes(5), expiresAt: minutes(15), refreshable: true }, now)?.share).toBe(1);
});

test('without the time of issue there are words but no bar', () => {
  expect(tokenLife({ issuedAt: null, expiresAt: minutes(15), refreshable: false }, now)).toEqual({
    share: null,
    sentence: 'Ends in 15 minutes',
    short: '15 min left, no refresh',
  });
});

test('an expired token that renews by itself alarms nobody', () => {
  const times = { issuedAt: minutes(-60), expiresAt: minutes(-1) };
  expect(tokenLife({ ...times, refreshable: true }, now)?.sentence).toBe('Renews at its next use');
  expect(tokenLife({ ...times, refreshable: false }, now)?.sentence).toBe('Has ended');
});
