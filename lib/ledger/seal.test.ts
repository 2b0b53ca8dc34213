import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '#lib/ledger/canonical';
import { readCheckpoint, writeCheckpoint } from '#lib/ledger/checkpoint';
import { type BatchRow, encodeRow, monthOf } from '#lib/ledger/row-encoding';
import { encodeSeal, type SealStatement, sealHash } from '#lib/ledger/seal-statement';
import { createSigningKeys } from '#lib/ledger/signing-keys';

const row: BatchRow = {
  at: 1_795_000_000_123,
  id: 7,
  xid: 901,
  action: 'token.vended',
  outcome: 'ok',
  code: null,
  actorType: 'api_key',
  actorId: 'key_1',
  personId: 'per_1',
  connectionId: 'con_1',
  provider: 'github',
  apiKeyId: 'key_1',
  ip: '203.0.113.9',
  requestId: 'req_1',
  count: 1,
  details: { scopes: ['b', 'a'], fingerprint: 'é"\n', nested: null },
};

const seal: SealStatement = {
  n: 2,
  encoding: 1,
  from: 10,
  to: 20,
  parts: [{ month: '2026-11', rows: 3, root: 'cm9vdA==' }],
  dropped: [],
  previous: 'cHJldmlvdXM=',
  sealedAt: new Date('2026-11-22T12:00:00.000Z'),
  keyId: 'k1',
};

const seeded = (byte: number, kid: string) => ({ kid, kind: 'seed' as const, key: new Uint8Array(32).fill(byte) });
const vaultKeys = [{ kid: 'v1', key: new Uint8Array(32).fill(9) }];

describe('the encodings that seals are made over stay as they are', () => {
  test('a row', () => {
    expect(encodeRow(row)).toBe(
      '["grantkeep/ledger/row/1",1795000000123,7,901,"token.vended","ok",null,"api_key","key_1","per_1","con_1","github","key_1","203.0.113.9","req_1",1,{"fingerprint":"é\\"\\n","nested":null,"scopes":["b","a"]}]',
    );
  });

  test('a seal', () => {
    expect(encodeSeal(seal)).toBe(
      '["grantkeep/ledger/seal/1",2,1,10,20,[["2026-11",3,"cm9vdA=="]],[],"cHJldmlvdXM=",1795348800000,"k1"]',
    );
  });

  test('details in any order of their members are one text', () => {
    expect(canonicalJson({ b: { d: 1, c: [2, { z: 0, y: 1 }] }, a: true })).toBe(
      canonicalJson({ a: true, b: { c: [2, { y: 1, z: 0 }], d: 1 } }),
    );
    // JavaScript itself puts names that are numbers first, and has a property of every object's own.
    const odd = JSON.parse('{"b":1,"é":2,"10":3,"9":4,"__proto__":{"y":5,"x":6},"":7}');
    expect(canonicalJson(odd)).toBe('{"":7,"10":3,"9":4,"__proto__":{"x":6,"y":5},"b":1,"é":2}');
    expect(canonicalJson({ a: undefined, b: { c: undefined }, d: [undefined] })).toBe('{"b":{},"d":[null]}');
  });

  test('a month is that of UTC', () => {
    const last = Date.parse('2026-11-30T23:59:59.999Z');
    expect([monthOf(last), monthOf(last + 1), monthOf(Number.POSITIVE_INFINITY)]).toEqual([
      '2026-11',
      '2026-12',
      'none',
    ]);
  });
});

test.each(Object.keys(row) as (keyof BatchRow)[])('a change of %s changes the text of a row', (name) => {
  const value = row[name];
  const changed = typeof value === 'number' ? value + 1 : typeof value === 'object' ? { other: 1 } : `${value}x`;
  expect(encodeRow({ ...row, [name]: changed })).not.toBe(encodeRow(row));
});

test.each([
  { n: 3 },
  { encoding: 2 },
  { from: 9 },
  { to: 21 },
  { parts: [] },
  { parts: [{ month: '2026-11', rows: 4, root: 'cm9vdA==' }] },
  { dropped: ['2026-10'] },
  { previous: '' },
  { sealedAt: new Date(0) },
  { keyId: 'k2' },
])('a seal with %j has another hash', (change) => {
  expect(sealHash({ ...seal, ...change }).equals(sealHash(seal))).toBe(false);
});

describe('the keys of the ledger', () => {
  test('are Ed25519 (RFC 8032 §7.1, test 1)', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const keys = createSigningKeys({ ledgerKeys: [{ kid: 'k', kind: 'seed', key: seed }], vaultKeys });
    expect(keys.publicKey('k')?.toString('hex')).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    );
    expect(keys.sign('').toString('hex')).toBe(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    );
  });

  test('without any, one is derived from the first vault key, the same each time', () => {
    const [one, two] = [0, 1].map(() => createSigningKeys({ ledgerKeys: [], vaultKeys }));
    expect(one?.keyId).toBe('vault-v1');
    expect(two?.verify('vault-v1', 'text', one?.sign('text') ?? Buffer.alloc(64))).toBe('good');
    expect(one?.publicKey('vault-v1')?.equals(Buffer.from(vaultKeys[0]?.key ?? []))).toBe(false);
  });

  test('after a rotation the new one signs and the old one still verifies, also by its public half alone', () => {
    const before = createSigningKeys({ ledgerKeys: [seeded(1, 'old')], vaultKeys });
    const signature = before.sign('text');
    const publicHalf = { kid: 'old', kind: 'public' as const, key: before.publicKey('old') as Buffer };
    for (const old of [seeded(1, 'old'), publicHalf]) {
      const after = createSigningKeys({ ledgerKeys: [old, seeded(2, 'new')].reverse(), vaultKeys });
      expect([after.keyId, after.verify('old', 'text', signature)]).toEqual(['new', 'good']);
      expect(after.verify('old', 'texts', signature)).toBe('bad');
      expect(after.verify('new', 'text', signature)).toBe('bad');
      expect(after.verify('gone', 'text', signature)).toBe('unknown');
    }
  });
});

describe('a checkpoint', () => {
  const keys = createSigningKeys({ ledgerKeys: [seeded(1, 'k1')], vaultKeys });
  const checkpoint = { origin: 'hub.example/ledger', size: 12, root: randomBytes(32).toString('base64') };
  const text = writeCheckpoint(checkpoint, keys);

  test('is a signed note: origin, size, root, an empty line and the signature', () => {
    expect(text.split('\n').slice(0, 4)).toEqual(['hub.example/ledger', '12', checkpoint.root, '']);
    expect(text).toMatch(/\n\n\u2014 hub\.example\/ledger\+k1 [A-Za-z0-9+/]{91}=\n$/);
    expect(readCheckpoint(text, keys)).toEqual({ state: 'good', checkpoint });
    expect(readCheckpoint(text.replaceAll('\n', '\r\n'), keys)).toEqual({ state: 'good', checkpoint });
  });

  test('that was changed, or signed by somebody else, is not believed', () => {
    expect(readCheckpoint(text.replace('\n12\n', '\n11\n'), keys).state).toBe('bad_signature');
    expect(readCheckpoint(text.replaceAll('hub.example', 'other.example'), keys).state).toBe('bad_signature');
    const others = createSigningKeys({ ledgerKeys: [seeded(3, 'k1')], vaultKeys });
    expect(readCheckpoint(text, others).state).toBe('bad_signature');
    expect(readCheckpoint(text, createSigningKeys({ ledgerKeys: [], vaultKeys })).state).toBe('unknown_key');
    for (const bad of ['', 'text', text.slice(0, 40), text.replace('\n\n', '\n')]) {
      expect(readCheckpoint(bad, keys).state).toBe('malformed');
    }
  });
});
