import { expect, test } from 'vitest';
import { placeWords } from './place-words.ts';

test.each([
  ['seal=7 month=2026-11 row=12', 'seal 7, month 2026-11, entry 12'],
  ['checkpoint=1', 'checkpoint 1'],
  ['', 'not known'],
  ['other=1', 'not known'],
])('%j is told as %j', (place, expected) => {
  expect(placeWords(place)).toBe(expected);
});
