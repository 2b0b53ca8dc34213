import { createHash } from 'node:crypto';
import type { SigningKeys } from '#lib/ledger/signing-keys';

/** A note to be kept elsewhere: the first `size` seals have this Merkle root. */
export interface Checkpoint {
  /** Which ledger it is about: the host of this hub and `/ledger`. */
  origin: string;
  /** How many seals. */
  size: number;
  /** In base64. */
  root: string;
}

/** First four bytes of SHA-256 over the key's name, a line feed, the algorithm (1: Ed25519) and the public key. */
function keyHash(name: string, publicKey: Uint8Array): Buffer {
  return createHash('sha256').update(`${name}\n`).update(Buffer.of(1)).update(publicKey).digest().subarray(0, 4);
}

const bodyOf = ({ origin, size, root }: Checkpoint) => `${origin}\n${size}\n${root}\n`;

/**
 * A checkpoint as a signed note (C2SP signed-note and tlog-checkpoint): text that any mail, ticket or printout can keep.
 * Its key is named by the origin and the key id.
 */
export function writeCheckpoint(checkpoint: Checkpoint, keys: SigningKeys): string {
  const body = bodyOf(checkpoint);
  const name = `${checkpoint.origin}+${keys.keyId}`;
  const publicKey = keys.publicKey(keys.keyId) as Buffer;
  const signature = Buffer.concat([keyHash(name, publicKey), keys.sign(body)]).toString('base64');
  return `${body}\n\u2014 ${name} ${signature}\n`;
}

export type ReadCheckpoint =
  | { state: 'good'; checkpoint: Checkpoint }
  | { state: 'malformed' | 'bad_signature' | 'unknown_key' };

const note = /^([^\n]{1,300})\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n\n((?:\u2014 [^\n]+\n)+)$/;
const signatureLine = /^\u2014 (\S+) ([A-Za-z0-9+/]{91}=)$/;

/** Reads what `writeCheckpoint` wrote, and asks whether one of the keys signed it. Line ends may be Windows' own. */
export function readCheckpoint(text: string, keys: SigningKeys): ReadCheckpoint {
  const [, origin = '', size, root = '', lines = ''] = note.exec(`${text.replaceAll('\r\n', '\n').trim()}\n`) ?? [];
  if (size === undefined) return { state: 'malformed' };
  const checkpoint = { origin, size: Number(size), root };
  let state: 'bad_signature' | 'unknown_key' = 'unknown_key';
  for (const line of lines.trimEnd().split('\n')) {
    const [, name = '', encoded = ''] = signatureLine.exec(line) ?? [];
    const keyId = name.startsWith(`${origin}+`) ? name.slice(origin.length + 1) : '';
    const publicKey = keys.publicKey(keyId);
    if (!publicKey) continue;
    const bytes = Buffer.from(encoded, 'base64');
    const named = bytes.subarray(0, 4).equals(keyHash(name, publicKey));
    if (named && keys.verify(keyId, bodyOf(checkpoint), bytes.subarray(4)) === 'good') {
      return { state: 'good', checkpoint };
    }
    state = 'bad_signature';
  }
  return { state };
}
