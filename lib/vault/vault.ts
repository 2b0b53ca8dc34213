import { createCipheriv, createDecipheriv, createSecretKey, hash, randomBytes } from 'node:crypto';
import { AppError } from '#lib/errors';

/** Where a sealed value lives. It goes into the protected header, so a value moved elsewhere does not open. */
export interface Place {
  /** The row's id. */
  row: string;
  /** Table and column, as `connections.access_token`. */
  column: string;
  /**
   * A digest of whatever else the value is for (`digestOf`). It goes into the protected header too: a value does not
   * open once any of that has changed. Absent: bound to row and column alone.
   */
  bound?: string;
}

/** SHA-256 in base64url of texts and numbers, in their order: always 43 characters. */
export const digestOf = (parts: readonly (string | number)[]): string =>
  hash('sha256', JSON.stringify(parts), 'base64url');

/** Seals and opens strings. Knows nothing of tokens or tables. */
export interface Vault {
  /** A compact JWE (RFC 7516; `dir`, `A256GCM`) under the current key. */
  seal(plaintext: string, place: Place): Promise<string>;
  /**
   * The plaintext of what `seal` made for the same place, under any key of the ring. A value without a digest, as earlier
   * builds made them, opens at a place with one until `refuseUnbound` was called.
   * @throws AppError `vault_malformed`, `key_missing`, `vault_wrong_place`, `vault_old_form` or `vault_tampered`
   */
  open(sealed: string, place: Place): string;
  /** From now on, in this process, a place with a digest takes no value without one. */
  refuseUnbound(): void;
}

interface Header {
  alg: string;
  enc: string;
  bound?: string;
  kid: string;
  row: string;
  column: string;
}

/**
 * The bytes of text that is their one base64url form, and undefined for other text: without this, bits that decoding
 * ignores could be changed in a value that still opens.
 */
function fromBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined;
}

const tagBytes = 16;
const nonceBytes = 12;

function readHeader(segment: Buffer | undefined): Header | undefined {
  try {
    const header: unknown = segment && JSON.parse(segment.toString('utf8'));
    if (typeof header !== 'object' || header === null) return undefined;
    const fields = header as Record<string, unknown>;
    const known = ['alg', 'enc', 'kid', 'row', 'column'];
    if (known.some((name) => typeof fields[name] !== 'string')) return undefined;
    const further = 'bound' in fields ? 1 : 0;
    if (further === 1 && typeof fields.bound !== 'string') return undefined;
    if (Object.keys(fields).length !== known.length + further) return undefined;
    return fields as unknown as Header;
  } catch {
    return undefined;
  }
}

/**
 * Makes a vault over a key ring; the first key seals, all open. It uses node:crypto, which is several times faster than a
 * general JWE library and runs at every vended and refreshed token; tests show that each reads what the other wrote.
 * @param keys 32 bytes each
 */
export function createVault(keys: readonly { kid: string; key: Uint8Array }[]): Vault {
  const current = keys[0];
  if (!current) throw new Error('a vault needs at least one key');
  for (const { kid, key } of keys) if (key.length !== 32) throw new Error(`vault key ${kid} must have 32 bytes`);
  // Imported once: a raw key would be imported at every token that is opened.
  const ring = new Map(keys.map(({ kid, key }) => [kid, createSecretKey(key)]));
  const sealing = createSecretKey(current.key);
  let unboundOpens = true;

  return {
    refuseUnbound() {
      unboundOpens = false;
    },

    async seal(plaintext, place) {
      // The order is what `lib/db/sealed-by.ts` reads in the database: digest and key id stand at fixed places.
      const bound = place.bound === undefined ? {} : { bound: place.bound };
      const header = { alg: 'dir', enc: 'A256GCM', ...bound, kid: current.kid, row: place.row, column: place.column };
      const protectedHeader = Buffer.from(JSON.stringify(header)).toString('base64url');
      // 96 random bits for each value (RFC 7518 §5.3). NIST SP 800-38D allows 2^32 such values for one key: a large hub
      // needs a new key now and then (docs/deployment.md).
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(protectedHeader, 'ascii'));
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      const parts = [nonce, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'));
      return `${protectedHeader}..${parts.join('.')}`;
    },

    open(sealed, place) {
      const parts = sealed.split('.');
      const [protectedHeader = '', encryptedKey = '', iv = '', ciphertext = '', tag = ''] = parts;
      const header = readHeader(fromBase64url(protectedHeader));
      const [nonce, sealedBytes, authTag] = [iv, ciphertext, tag].map(fromBase64url);
      if (parts.length !== 5 || encryptedKey !== '' || !sealedBytes) throw new AppError('vault_malformed');
      if (header?.alg !== 'dir' || header.enc !== 'A256GCM') throw new AppError('vault_malformed');
      if (nonce?.length !== nonceBytes || authTag?.length !== tagBytes) throw new AppError('vault_malformed');
      const key = ring.get(header.kid);
      if (!key) throw new AppError('key_missing', { retryAfterSeconds: 300 });
      if (header.row !== place.row || header.column !== place.column) throw new AppError('vault_wrong_place');
      if (header.bound === undefined && place.bound !== undefined && !unboundOpens)
        throw new AppError('vault_old_form');
      if (header.bound !== undefined && header.bound !== place.bound) throw new AppError('vault_wrong_place');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
        decipher.setAAD(Buffer.from(protectedHeader, 'ascii'));
        decipher.setAuthTag(authTag);
        const opened = Buffer.concat([decipher.update(sealedBytes), decipher.final()]);
        return opened.toString('utf8');
      } catch (cause) {
        throw new AppError('vault_tampered', { cause });
      }
    },
  };
}
