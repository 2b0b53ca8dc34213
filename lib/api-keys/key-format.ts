import { crc32 } from 'node:zlib';
import { newSecret } from '#lib/ids';

const prefix = 'gk_';
const secretCharacters = 43;
const checksumCharacters = 6;
const shape = new RegExp(`^${prefix}[A-Za-z0-9_-]{${secretCharacters + checksumCharacters}}$`);

/** CRC-32 (as in ISO 3309) of everything before it, as 4 big-endian bytes in base64url. */
function checksum(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64url');
}

/** A new key: `gk_`, 256 random bits in base64url, and a checksum of 6 characters. */
export function generateApiKey(): string {
  const body = prefix + newSecret();
  return body + checksum(body);
}

/**
 * True for text that `generateApiKey` may have made. A mistyped or truncated key is refused without asking the
 * database, and a secret scanner can tell a key from text that looks like one.
 */
export function isApiKeyFormat(text: string): boolean {
  return shape.test(text) && checksum(text.slice(0, -checksumCharacters)) === text.slice(-checksumCharacters);
}

/** The part that may be shown for people to tell keys apart: `gk_` and 6 characters, 36 of the 256 bits. */
export function apiKeyPrefix(key: string): string {
  return key.slice(0, prefix.length + 6);
}
