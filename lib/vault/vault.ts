import { createCipheriv, createDecipheriv, createSecretKey, hash, type KeyObject, randomBytes } from 'node:crypto';
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

/** A key of the vault. */
export interface VaultKey {
  kid: string;
  /** 32 bytes. */
  key: Uint8Array;
}

/** Seals and opens strings. Knows nothing of tokens or tables. */
export interface Vault {
  /**
   * A compact JWE (RFC 7516; `dir`, `A256GCM`) under the key that seals. It never waits for a key service and never
   * fails for one: an answer with tokens is there already, and must be kept.
   * @throws AppError `key_service_unavailable` where this process never held a key
   */
  seal(plaintext: string, place: Place): Promise<string>;
  /**
   * The plaintext of what `seal` made for the same place, under any key of the ring. A value without a digest, as earlier
   * builds made them, opens at a place with one until `refuseUnbound` was called.
   * @throws AppError `vault_malformed`, `key_missing`, `key_service_unavailable`, `vault_wrong_place`,
   *   `vault_old_form` or `vault_tampered`
   */
  open(sealed: string, place: Place): string;
  /** From now on, in this process, a place with a digest takes no value without one. */
  refuseUnbound(): void;
  /** The id of the key that seals. */
  sealsWith(): string | undefined;
  /** Ids of all keys that this process holds. */
  holds(): string[];
  /**
   * Takes data keys in place of the ones that it held.
   * @param held.sealing the one that seals from now on; undefined: the first key of the ring goes on
   * @param held.until milliseconds of `performance.now()` after which values under them do not open
   */
  hold(held: { keys: readonly VaultKey[]; sealing: string | undefined; until: number }): void;
  /** Is called with each key id that a value named and that is not held: another process may have made the key. */
  onMissing(listen: (kid: string) => void): void;
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

/** A raw key would be imported at every token that is opened. */
function imported({ kid, key }: VaultKey): [string, KeyObject] {
  if (key.length !== 32) throw new Error(`vault key ${kid} must have 32 bytes`);
  return [kid, createSecretKey(key)];
}

/** Seconds after which a caller tries again for whom a key is missing: the time in which an operator puts it back. */
const missingRetrySeconds = 300;
/** The same while the key service does not answer. */
const serviceRetrySeconds = 30;

/**
 * Makes a vault over a key ring; the first key seals until the vault holds data keys, all open. It uses node:crypto,
 * which is several times faster than a general JWE library and runs at every vended and refreshed token; tests show that
 * each reads what the other wrote.
 * @param keys 32 bytes each; none where data keys come before anything is sealed
 */
export function createVault(keys: readonly VaultKey[]): Vault {
  const ring = new Map(keys.map(imported));
  let dataKeys = new Map<string, KeyObject>();
  let dataKeysUntil = Number.POSITIVE_INFINITY;
  let sealing = keys[0]?.kid;
  let unboundOpens = true;
  let tellMissing: (kid: string) => void = () => {};

  /** @throws AppError `key_missing`, `key_service_unavailable` */
  function keyToOpen(kid: string): KeyObject {
    const dataKey = dataKeys.get(kid);
    if (dataKey && performance.now() > dataKeysUntil)
      throw new AppError('key_service_unavailable', { retryAfterSeconds: serviceRetrySeconds });
    const key = dataKey ?? ring.get(kid);
    if (key) return key;
    tellMissing(kid);
    throw new AppError('key_missing', { retryAfterSeconds: missingRetrySeconds });
  }

  return {
    refuseUnbound() {
      unboundOpens = false;
    },

    sealsWith: () => sealing,
    holds: () => [...ring.keys(), ...dataKeys.keys()],
    hold(held) {
      dataKeys = new Map(held.keys.map(imported));
      dataKeysUntil = held.until;
      sealing = held.sealing ?? keys[0]?.kid;
    },
    onMissing(listen) {
      tellMissing = listen;
    },

    async seal(plaintext, place) {
      const key = sealing === undefined ? undefined : (dataKeys.get(sealing) ?? ring.get(sealing));
      if (!key) throw new AppError('key_service_unavailable', { retryAfterSeconds: serviceRetrySeconds });
      // The order is what `lib/db/sealed-by.ts` reads in the database: digest and key id stand at fixed places.
      const bound = place.bound === undefined ? {} : { bound: place.bound };
      const header = { alg: 'dir', enc: 'A256GCM', ...bound, kid: sealing, row: place.row, column: place.column };
      const protectedHeader = Buffer.from(JSON.stringify(header)).toString('base64url');
      // 96 random bits for each value (RFC 7518 §5.3). NIST SP 800-38D allows 2^32 such values for one key: a large hub
      // needs a new key now and then (docs/deployment.md).
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
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
      const key = keyToOpen(header.kid);
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
