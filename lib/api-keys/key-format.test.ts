import { expect, test } from 'vitest';
import { apiKeyPrefix, generateApiKey, isApiKeyFormat } from '#lib/api-keys/key-format';

test('a key is gk_, 256 random bits and a checksum, and no two are alike', () => {
  const keys = Array.from({ length: 1000 }, generateApiKey);
  expect(new Set(keys).size).toBe(1000);
  for (const key of keys) expect([key.slice(0, 3), key.length, isApiKeyFormat(key)]).toEqual(['gk_', 52, true]);
  expect(Buffer.from(keys[0]?.slice(3, 46) ?? '', 'base64url')).toHaveLength(32);
});

test('changing, dropping or swapping any one character is noticed', () => {
  const key = generateApiKey();
  for (let at = 0; at < key.length; at++) {
    const other = key[at] === 'x' ? 'y' : 'x';
    expect(isApiKeyFormat(key.slice(0, at) + other + key.slice(at + 1))).toBe(false);
    expect(isApiKeyFormat(key.slice(0, at) + key.slice(at + 1))).toBe(false);
    const swapped = key.slice(0, at) + (key[at + 1] ?? '') + (key[at] ?? '') + key.slice(at + 2);
    if (swapped !== key) expect(isApiKeyFormat(swapped)).toBe(false);
  }
});

test.each(['', 'gk_', ` ${generateApiKey()}`, `${generateApiKey()}\n`, generateApiKey().toUpperCase(), 'ghp_abc'])(
  'text that is no key is refused: %j',
  (text) => expect(isApiKeyFormat(text)).toBe(false),
);

test('the prefix to show gives away no more than six characters of the secret', () => {
  const key = generateApiKey();
  expect(apiKeyPrefix(key)).toBe(key.slice(0, 9));
});
