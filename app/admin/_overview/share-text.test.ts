import { expect, test } from 'vitest';
import { shareText } from './share-text.ts';

test.each([
  [0, 0, null],
  [5, 0, '100%'],
  [0, 5, '0%'],
  [2, 1, '66.6%'],
  [99_999, 1, '99.9%'],
])('of %i done and %i failed refreshes %s were done', (refreshed, failed, expected) => {
  expect(shareText({ refreshed, failed })).toBe(expected);
});
