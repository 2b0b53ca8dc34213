import { createHash, hash } from 'node:crypto';
import { bundleFormat, type CitedEntry, type CitedSeal, type EvidenceBundle, readEntry } from '#lib/evidence/bundle';
import { isSignedBy, readEnvelope } from '#lib/evidence/envelope';
import { rootOf } from '#lib/ledger/inclusion';
import { leafHash } from '#lib/ledger/merkle';
import { keyFingerprint } from '#lib/ledger/signing-keys';

/** The result of a check of a bundle, without this hub and without its database. */
export interface EvidenceReport {
  ok: boolean;
  fault: string | null;
  key_id: string | null;
  /** The first 16 hexadecimal digits of the SHA-256 of the public key, to be compared with `ledger keys`. */
  fingerprint: string | null;
  /** Whether the signing key is the one that the checker named; null where none was named. */
  trusted: boolean | null;
  from: string | null;
  to: string | null;
  entries: number;
  seals: number;
  reviews: number;
}

class Fault extends Error {
  override readonly name = 'Fault';
}

function must(holds: unknown, fault: string): asserts holds {
  if (!holds) throw new Fault(fault);
}

const noteForm = /^([^\n]{1,300})\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n\n\u2014 (\S+) ([A-Za-z0-9+/]{91}=)\n$/;

/** The size and root that the checkpoint names, once its signature fits (C2SP signed-note). */
function checkNote({ checkpoint }: EvidenceBundle, keys: ReadonlyMap<string, string>): { size: number; root: string } {
  const [, origin = '', size, root = '', name = '', encoded = ''] = noteForm.exec(checkpoint) ?? [];
  must(size !== undefined, 'the checkpoint is no signed note');
  const key = keys.get(name.slice(origin.length + 1));
  must(name.startsWith(`${origin}+`) && key, 'the checkpoint names no key of the bundle');
  const bytes = Buffer.from(encoded, 'base64');
  const id = createHash('sha256').update(`${name}\n\u0001`).update(Buffer.from(key, 'base64')).digest().subarray(0, 4);
  must(bytes.subarray(0, 4).equals(id), 'the checkpoint names another key');
  const signature = bytes.subarray(4).toString('base64');
  must(isSignedBy(key, `${origin}\n${size}\n${root}\n`, signature), 'the signature of the checkpoint does not fit');
  return { size: Number(size), root };
}

type SealText = [string, number, number, number, number, [string, number, string][], string[], string, number, string];

const buffers = (path: readonly string[]) => path.map((one) => Buffer.from(one, 'base64'));

function checkSeal(
  seal: CitedSeal,
  keys: ReadonlyMap<string, string>,
  { size, root }: { size: number; root: string },
): SealText {
  const statement = JSON.parse(seal.text) as SealText;
  must(statement[0] === 'grantkeep/ledger/seal/1' && statement[1] === seal.n, `seal ${seal.n} is another`);
  const key = keys.get(statement[9]);
  must(key && isSignedBy(key, seal.text, seal.signature), `the signature of seal ${seal.n} does not fit`);
  const found = rootOf(leafHash(seal.text), seal.index, size, buffers(seal.path))?.toString('base64');
  must(found === root, `seal ${seal.n} is not under the checkpoint`);
  return statement;
}

function checkEntry(entry: CitedEntry, seals: ReadonlyMap<number, SealText>): void {
  const seal = seals.get(entry.seal);
  must(seal, `seal ${entry.seal} is not in the bundle`);
  const { at, id, xid } = readEntry(entry.text);
  const part = seal[5].find(([month]) => month === entry.month);
  const fits = xid >= seal[3] && xid < seal[4] && new Date(at).toISOString().startsWith(entry.month);
  must(part && fits, `entry ${id} is of another batch`);
  const found = rootOf(leafHash(entry.text), entry.index, part[1], buffers(entry.path))?.toString('base64');
  must(found === part[2], `entry ${id} is not under its seal`);
}

function checkReviews({ reviews, entries }: EvidenceBundle): void {
  for (const { id, entry, note, findings } of reviews) {
    if (entry === null) continue;
    const cited = entries[entry];
    must(cited, `review ${id} cites no entry`);
    const { action, details } = readEntry(cited.text);
    must(action === 'review.signed_off' && details.review === id, `review ${id} cites another entry`);
    const fits =
      hash('sha256', findings ?? '', 'hex') === details.findings_sha256 &&
      hash('sha256', note ?? '', 'hex') === details.note_sha256;
    must(fits, `review ${id} has other findings, or another note, than were signed off`);
  }
}

/**
 * Checks a bundle with nothing but its file: its signature, the checkpoint, each seal, each entry, each sign-off.
 * @param trusted the public key that the checker knows from elsewhere, 32 bytes in base64. Without it the report tells
 *   only that the bundle is whole, and by which key.
 */
export function verifyEvidence(file: Uint8Array, trusted?: string): EvidenceReport {
  const none = {
    key_id: null,
    fingerprint: null,
    trusted: null,
    from: null,
    to: null,
    entries: 0,
    seals: 0,
    reviews: 0,
  };
  const envelope = readEnvelope(file);
  if (!envelope) return { ok: false, fault: 'the file is no bundle, or its signature does not fit', ...none };
  const { keyId, publicKey } = envelope;
  const signer = {
    key_id: keyId,
    fingerprint: keyFingerprint(Buffer.from(publicKey, 'base64')),
    trusted: trusted === undefined ? null : trusted === publicKey,
  };
  try {
    must(signer.trusted !== false, 'another key than the trusted one signed the bundle');
    const bundle = JSON.parse(envelope.bundle) as EvidenceBundle;
    must(bundle.format === bundleFormat, 'the bundle has another format');
    const keys = new Map(bundle.keys.map(({ id, public_key }) => [id, public_key]));
    must(keys.get(keyId) === publicKey, 'the bundle does not list its signing key');
    const tree = checkNote(bundle, keys);
    const seals = new Map(bundle.seals.map((seal) => [seal.n, checkSeal(seal, keys, tree)]));
    for (const entry of bundle.entries) checkEntry(entry, seals);
    checkReviews(bundle);
    const counts = { entries: bundle.entries.length, seals: bundle.seals.length, reviews: bundle.reviews.length };
    return { ok: true, fault: null, ...signer, from: bundle.from, to: bundle.to, ...counts };
  } catch (error) {
    return {
      ...none,
      ok: false,
      fault: error instanceof Fault ? error.message : 'the bundle cannot be read',
      ...signer,
    };
  }
}
