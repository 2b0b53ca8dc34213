import { hash, randomBytes } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Random bytes fetched ahead, since asking the system for a few costs as much as for many; each is used once. */
let ahead = Buffer.alloc(0);

/** `length` characters of Crockford's base 32 from the system's random source; 5 bits each. */
function randomBase32(length: number): string {
  if (ahead.length < length) ahead = randomBytes(4096);
  let text = '';
  for (const byte of ahead.subarray(0, length)) text += alphabet[byte & 31];
  ahead = ahead.subarray(length);
  return text;
}

/** A person's id: `per_` and 80 random bits. */
export function newPersonId(): string {
  return `per_${randomBase32(16)}`;
}

/** A connection's id: `con_`, the key of its person, and 80 random bits of its own, so that every look-up knows the person. */
export function newConnectionId(personId: string): string {
  return `con_${personId.slice(4)}${randomBase32(16)}`;
}

/** The person that a connection's id belongs to, or undefined where the text is no such id. */
export function personOfConnection(connectionId: string): string | undefined {
  const match = /^con_([0-9a-hjkmnp-tv-z]{16})[0-9a-hjkmnp-tv-z]{16}$/.exec(connectionId);
  return match ? `per_${match[1]}` : undefined;
}

/** An id with the given prefix and 80 random bits; for rows that are no secret (`key`, `ses`, `req`). */
export function newId(prefix: string): string {
  return `${prefix}_${randomBase32(16)}`;
}

/** A secret of 256 random bits, base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256 of a high-entropy secret, base64url: the database keeps this of a session id, state or API key. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'base64url');
}
