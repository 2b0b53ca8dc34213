import { createCipheriv, randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { isAppError } from '#lib/errors';
import { createVault, type Place } from '#lib/vault/vault';

const key = Uint8Array.from(randomBytes(32));
const vault = createVault([{ kid: 'k1', key }]);
const place: Place = { row: 'con_1', column: 'connections.access_token' };
const header = { alg: 'dir', enc: 'A256GCM', kid: 'k1', ...place };
const secret = 'gho_a-token with ünïcode €';

/** What opening a value ends with: its text, or the code of what was thrown. */
function outcome(sealed: string, at: Place = place, of = vault): string {
  try {
    return `opened: ${of.open(sealed, at)}`;
  } catch (error) {
    return isAppError(error) ? error.code : `uncoded: ${String(error)}`;
  }
}

/** A compact JWE of the same form, made without jose. */
function encrypt(plaintext: string, protectedHeader: Record<string, unknown>, under = key): string {
  const encoded = Buffer.from(JSON.stringify(protectedHeader)).toString('base64url');
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', under, iv);
  cipher.setAAD(Buffer.from(encoded, 'ascii'));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return [
    encoded,
    '',
    iv.toString('base64url'),
    ciphertext.toString('base64url'),
    cipher.getAuthTag().toString('base64url'),
  ].join('.');
}

const sealedByJose = (protectedHeader: Record<string, unknown>) =>
  new CompactEncrypt(new TextEncoder().encode(secret))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', ...protectedHeader })
    .encrypt(key);

describe('both implementations read what the other wrote', () => {
  test('what jose sealed is opened by node:crypto', async () => {
    expect(outcome(await vault.seal(secret, place))).toBe(`opened: ${secret}`);
  });

  test('what node:crypto encrypted in the same form is opened by jose, and by the vault', async () => {
    const sealed = encrypt(secret, header);
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, key);
    expect(new TextDecoder().decode(plaintext)).toBe(secret);
    expect(protectedHeader).toEqual(header);
    expect(outcome(sealed)).toBe(`opened: ${secret}`);
  });

  test('jose opens what the vault sealed, whose header names key, row and column and nothing else', async () => {
    const { plaintext, protectedHeader } = await compactDecrypt(await vault.seal(secret, place), key);
    expect(new TextDecoder().decode(plaintext)).toBe(secret);
    expect(protectedHeader).toEqual(header);
  });
});

test('the same text sealed twice looks different each time and never shows the text', async () => {
  const sealed = await Promise.all(Array.from({ length: 100 }, () => vault.seal(secret, place)));
  expect(new Set(sealed).size).toBe(100);
  expect(new Set(sealed.map((value) => value.split('.')[2])).size).toBe(100);
  for (const value of sealed)
    expect(Buffer.from(value.split('.')[3] ?? '', 'base64url').toString()).not.toContain('gho_');
});

test.each<[string, Place]>([
  ['another row', { ...place, row: 'con_2' }],
  ['another column', { ...place, column: 'connections.refresh_token' }],
  ['both', { row: 'con_2', column: 'connections.refresh_token' }],
])('a value copied to %s does not open', async (_, elsewhere) => {
  expect(outcome(await vault.seal(secret, place), elsewhere)).toBe('vault_wrong_place');
});

test('a value whose header was rewritten to fit another place does not open', async () => {
  const parts = (await vault.seal(secret, place)).split('.');
  const elsewhere = { ...place, row: 'con_2' };
  parts[0] = Buffer.from(JSON.stringify({ ...header, ...elsewhere })).toString('base64url');
  expect(outcome(parts.join('.'), elsewhere)).toBe('vault_tampered');
});

test('a value cut off anywhere does not open and says why', async () => {
  const sealed = await vault.seal('x', place);
  const codes = Array.from({ length: sealed.length }, (_, length) => outcome(sealed.slice(0, length)));
  expect(new Set(codes)).toEqual(new Set(['vault_malformed']));
  const fronts = Array.from({ length: sealed.length - 1 }, (_, from) => outcome(sealed.slice(from + 1)));
  expect(new Set(fronts)).toEqual(new Set(['vault_malformed']));
});

test('a value with any single bit flipped does not open and says why', async () => {
  const bytes = Buffer.from(await vault.seal('x', place), 'latin1');
  const codes = new Set<string>();
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    codes.add(outcome(flipped.toString('latin1')));
  }
  expect([...codes].sort()).toEqual(['key_missing', 'vault_malformed', 'vault_tampered', 'vault_wrong_place']);
});

test('parts of two values of one place cannot be mixed', async () => {
  const [one, other] = [(await vault.seal('one', place)).split('.'), (await vault.seal('two', place)).split('.')];
  for (const part of [2, 3, 4]) {
    const mixed = one.map((text, index) => (index === part ? other[index] : text)).join('.');
    expect(outcome(mixed)).toBe('vault_tampered');
  }
});

describe.each<[string, (fields: Record<string, unknown>) => Promise<string> | string]>([
  ['node:crypto', (fields) => encrypt(secret, fields)],
  ['jose', (fields) => sealedByJose(fields)],
])('a well-made value by %s with a header that is not ours', (_, make) => {
  test.each<[string, Record<string, unknown>, string]>([
    ['an unknown key id', { ...header, kid: 'k9' }, 'key_missing'],
    ['a key id that every object has', { ...header, kid: 'constructor' }, 'key_missing'],
    ['a further field', { ...header, cty: 'text' }, 'vault_malformed'],
    ['no place', { alg: 'dir', enc: 'A256GCM', kid: 'k1' }, 'vault_malformed'],
    ['a row that is no text', { ...header, row: 7 }, 'vault_malformed'],
  ])('%s', async (_name, fields, code) => {
    expect(outcome(await make(fields))).toBe(code);
  });
});

test.each<[string, Record<string, unknown>]>([
  ['alg', { ...header, alg: 'A256KW' }],
  ['alg none', { ...header, alg: 'none' }],
  ['enc', { ...header, enc: 'A128GCM' }],
  ['enc in another spelling', { ...header, enc: 'a256gcm' }],
])('a value with another %s does not open', (_, fields) => {
  expect(outcome(encrypt(secret, fields))).toBe('vault_malformed');
});

test.each([
  ['nothing', ''],
  ['plain text', 'gho_plain'],
  [
    'a header that is no object',
    `${Buffer.from('null').toString('base64url')}..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA`,
  ],
  ['an encrypted key', 'e30.AA.AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA'],
  ['a further part', 'e30..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA.AA'],
])('%s is malformed', (_, text) => {
  expect(outcome(text)).toBe('vault_malformed');
});

test.each([
  ['a shorter tag', 4, (part: string) => part.slice(0, 16)],
  ['a longer nonce', 2, (part: string) => `${part}AAAA`],
])('%s is malformed, whatever GCM would make of it', async (_, part, change) => {
  const parts = (await vault.seal(secret, place)).split('.');
  parts[part] = change(parts[part] ?? '');
  expect(outcome(parts.join('.'))).toBe('vault_malformed');
});

describe('a ring of keys', () => {
  const newer = { kid: 'k2', key: Uint8Array.from(randomBytes(32)) };
  const ring = createVault([newer, { kid: 'k1', key }]);

  test('the first seals, older ones still open', async () => {
    const old = await vault.seal(secret, place);
    const fresh = await ring.seal(secret, place);
    expect([outcome(old, place, ring), outcome(fresh, place, ring)]).toEqual([
      `opened: ${secret}`,
      `opened: ${secret}`,
    ]);
    expect([decodeProtectedHeader(old).kid, decodeProtectedHeader(fresh).kid]).toEqual(['k1', 'k2']);
  });

  test('without the key that sealed it, a value does not open', async () => {
    expect(outcome(await ring.seal(secret, place))).toBe('key_missing');
  });

  test('another key under the same id does not open it', async () => {
    const impostor = createVault([{ kid: 'k1', key: Uint8Array.from(randomBytes(32)) }]);
    expect(outcome(await vault.seal(secret, place), place, impostor)).toBe('vault_tampered');
  });
});

test.each([0, 16, 31, 33, 64])('a key of %i bytes is refused', (length) => {
  expect(() => createVault([{ kid: 'k1', key: new Uint8Array(length) }])).toThrow('32 bytes');
});

test('a vault that never held a key seals nothing', async () => {
  await expect(createVault([]).seal('at', { row: 'con_1', column: 'c' })).rejects.toMatchObject({
    code: 'key_service_unavailable',
  });
});
