import { describe, expect, test } from 'vitest';
import { parseConfig } from '#lib/config/config';
import { faultsOf, key, local, password } from '#tests/variables';

describe('SESSION_PASSWORD', () => {
  const other = 'q'.repeat(40);
  test.each<[string, string, Record<string, string>]>([
    ['one plain value is id 1', password, { 1: password }],
    ['a plain value may have a colon', `plain:${password}`, { 1: `plain:${password}` }],
    ['a rotation names each', `2:${other},1:${password}`, { 1: password, 2: other }],
    ['in any order, with spaces', ` 1:${password} , 12:${other} `, { 1: password, 12: other }],
    ['one with its number', `7:${password}`, { 7: password }],
  ])('%s', (_, text, expected) => {
    expect(parseConfig({ ...local, SESSION_PASSWORD: text }).sessionPasswords).toEqual(expected);
  });

  test.each<[string, string, string]>([
    ['too short', 'p'.repeat(31), 'at least 32 characters'],
    ['too short in a rotation', `2:${password},1:short`, 'password 1 must have at least 32'],
    ['an id twice', `1:${password},1:${other}`, 'id 1 is given twice'],
    ['half a rotation', `2:${password},${other}`, 'every part is `number:password`'],
    ['an id that iron-session cannot find again', `2:${password},01:${other}`, 'every part is `number:password`'],
  ])('%s is refused', (_, text, because) => {
    expect(faultsOf({ ...local, SESSION_PASSWORD: text })).toEqual([expect.stringContaining(because)]);
  });
});

describe('VAULT_KEYS', () => {
  const urlKey = Buffer.alloc(32, 0xfb).toString('base64url');
  test('the first is current, all are kept, base64 in either alphabet', () => {
    const { vaultKeys } = parseConfig({ ...local, VAULT_KEYS: ` new:${urlKey} , k1:${key} ` });
    expect(vaultKeys.map(({ kid, key: bytes }) => [kid, bytes.length])).toEqual([
      ['new', 32],
      ['k1', 32],
    ]);
    expect(Buffer.from(vaultKeys[0]?.key ?? []).toString('base64url')).toBe(urlKey);
  });

  test.each<[string, string, string]>([
    ['no id', key, 'kid:base64'],
    ['31 bytes', `k:${Buffer.alloc(31).toString('base64')}`, 'exactly 32 bytes'],
    ['33 bytes', `k:${Buffer.alloc(33).toString('base64')}`, 'exactly 32 bytes'],
    ['hexadecimal', `k:${Buffer.alloc(32).toString('hex')}`, 'exactly 32 bytes'],
    ['an id with a space', `a b:${key}`, 'kid:base64'],
    ['an id twice', `k:${key},k:${urlKey}`, 'key id k is given twice'],
    ['an empty entry', `k:${key},`, 'kid:base64'],
  ])('%s is refused', (_, text, because) => {
    expect(faultsOf({ ...local, VAULT_KEYS: text })).toEqual([expect.stringContaining(because)]);
  });
});

describe('LEDGER_KEYS', () => {
  test('are none by default; a retired one can be its public half', () => {
    expect(parseConfig(local).ledgerKeys).toEqual([]);
    const { ledgerKeys } = parseConfig({ ...local, LEDGER_KEYS: `new:${key}, vault-k0:public:${key}` });
    expect(ledgerKeys.map(({ kid, kind, key: bytes }) => [kid, kind, bytes.length])).toEqual([
      ['new', 'seed', 32],
      ['vault-k0', 'public', 32],
    ]);
  });

  test.each([
    ['no-key', 'exactly 32 bytes'],
    [`a:${Buffer.alloc(31).toString('base64')}`, 'exactly 32 bytes'],
    [`a:private:${key}`, 'exactly 32 bytes'],
    [`a:${key},a:public:${key}`, 'given twice'],
    [`vault-a:${key}`, 'made from VAULT_KEYS'],
  ])('%j is a fault', (text, because) => {
    expect(faultsOf({ ...local, LEDGER_KEYS: text })).toEqual([expect.stringContaining(because)]);
  });
});
