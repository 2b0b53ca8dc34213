import { expect, test } from 'vitest';
import { readConcern } from '#lib/connections/filter';

test.each([
  ['grant_expiring', 'grant_expiring'],
  // The name in links of earlier builds.
  ['grant_dying', 'grant_expiring'],
  ['revocation_failed', 'revocation_failed'],
  ['anything', undefined],
  [undefined, undefined],
])('the concern %s of an address is %s', (text, concern) => {
  expect(readConcern(text)).toBe(concern);
});
