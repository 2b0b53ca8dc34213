import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign, verify } from 'node:crypto';

/** An Ed25519 key of the ledger as configured: the seed of one that signs, or only the public half of a retired one. */
export interface LedgerKey {
  kid: string;
  kind: 'seed' | 'public';
  /** 32 bytes. */
  key: Uint8Array;
}

/** The keys of the ledger: the first seed signs, all of them verify. */
export interface SigningKeys {
  readonly keyId: string;
  sign(text: string): Buffer;
  /** `unknown`: no such key is configured any more. */
  verify(keyId: string, text: string, signature: Uint8Array): 'good' | 'bad' | 'unknown';
  /** The 32 bytes of a key's public half. */
  publicKey(keyId: string): Buffer | undefined;
}

// The bytes before the 32 bytes in PKCS #8 and in SubjectPublicKeyInfo (RFC 8410 §7 and §4).
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const spki = Buffer.from('302a300506032b6570032100', 'hex');

const fromSeed = (seed: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });
const fromPublic = (key: Uint8Array) =>
  createPublicKey({ key: Buffer.concat([spki, key]), format: 'der', type: 'spki' });

function derive(vaultKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', vaultKey, '', 'grantkeep ledger signing key 1', 32));
}

/**
 * The keys that LEDGER_KEYS names, and after them one derived from each vault key (HKDF, RFC 5869), so that a hub
 * without a key of its own seals its ledger all the same.
 */
export function createSigningKeys(config: {
  ledgerKeys: readonly LedgerKey[];
  vaultKeys: readonly { kid: string; key: Uint8Array }[];
}): SigningKeys {
  const derived = config.vaultKeys.map(
    ({ kid, key }): LedgerKey => ({ kid: `vault-${kid}`, kind: 'seed', key: derive(key) }),
  );
  const all = [...config.ledgerKeys, ...derived];
  const signer = all.find(({ kind }) => kind === 'seed');
  if (!signer) throw new Error('the ledger needs a key that signs');
  const privateKey = fromSeed(signer.key);
  const ring = new Map<string, KeyObject>();
  for (const { kid, kind, key } of all) {
    if (!ring.has(kid)) ring.set(kid, kind === 'seed' ? createPublicKey(fromSeed(key)) : fromPublic(key));
  }
  return {
    keyId: signer.kid,
    sign: (text) => sign(null, Buffer.from(text), privateKey),
    verify(keyId, text, signature) {
      const key = ring.get(keyId);
      if (!key) return 'unknown';
      return verify(null, Buffer.from(text), key, signature) ? 'good' : 'bad';
    },
    publicKey(keyId) {
      return ring.get(keyId)?.export({ format: 'der', type: 'spki' }).subarray(spki.length);
    },
  };
}

/** A short name of a public key, to compare by eye: the first 16 hexadecimal digits of its SHA-256. */
export function keyFingerprint(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('hex').slice(0, 16);
}
