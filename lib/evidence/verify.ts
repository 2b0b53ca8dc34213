import { createHash, hash } from 'node:crypto';
import { z } from 'zod';
import { bundleFormat } from '#lib/evidence/bundle';
import { isSignedBy, readEnvelope } from '#lib/evidence/envelope';
import { readStrictJson } from '#lib/evidence/strict-json';
import { rootOf } from '#lib/ledger/inclusion';
import { leafHash } from '#lib/ledger/merkle';
import { resultsStatement } from '#lib/ledger/results-statement';
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
  /** Reviews that say that they were signed off, and cite no entry that proves it. */
  unproved_reviews: number;
  /** Results of checks of which no cited entry proves that the hub found them. */
  unproved_checks: number;
}

class Fault extends Error {
  override readonly name = 'Fault';
}

function must(holds: unknown, fault: string): asserts holds {
  if (!holds) throw new Fault(fault);
}

const whole = z.int().min(0);
const hash64 = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);
// Control characters could write lines of their own into the output of a verifier.
const visible = z.string().regex(/^[!-~]{1,300}$/);
const monthForm = z.string().regex(/^\d{4}-\d{2}$/);

/** What a verifier reads of a bundle, as docs/evidence.md describes it. */
const bundleForm = z.object({
  format: z.literal(bundleFormat),
  hub: visible,
  from: visible,
  to: visible,
  keys: z.array(z.object({ id: z.string(), public_key: z.string() })),
  checkpoint: z.string(),
  seals: z.array(z.object({ n: whole, text: z.string(), signature: z.string(), index: whole, path: z.array(hash64) })),
  entries: z.array(z.object({ text: z.string(), seal: whole, month: monthForm, index: whole, path: z.array(hash64) })),
  checks: z.array(
    z.object({
      check: z.string(),
      provider: z.string().nullable(),
      result: z.string(),
      looked_at: z.string(),
      found: z.string(),
      // Bundles of earlier builds have none.
      run: z.string().nullish(),
    }),
  ),
  reviews: z.array(
    z.object({
      id: z.string(),
      task: z.string(),
      due_at: z.string(),
      signed_off_by: z.string().nullable(),
      state: z.string(),
      entry: whole.nullable(),
      note: z.string().nullable(),
      findings: z.string().nullable(),
    }),
  ),
});
type Bundle = z.output<typeof bundleForm>;
type CitedSeal = Bundle['seals'][number];
type CitedEntry = Bundle['entries'][number];

/** The columns of an entry that are read: docs/ledger.md, row encoding 1. */
const rowForm = z.tuple([z.literal('grantkeep/ledger/row/1'), whole, whole, whole], z.unknown());
const rowColumns = 17;
/** docs/ledger.md, seal encoding 1. */
const sealForm = z.tuple(
  [
    z.literal('grantkeep/ledger/seal/1'),
    whole,
    z.unknown(),
    whole,
    whole,
    z.array(z.tuple([z.string(), whole, hash64])),
    z.unknown(),
    z.unknown(),
    z.unknown(),
    z.string(),
  ],
  z.unknown(),
);
type SealText = z.output<typeof sealForm>;

const noteForm = /^([!-~]{1,300})\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n\n\u2014 ([!-~]+) ([A-Za-z0-9+/]{91}=)\n$/;

/** Bytes of base64 in its one spelling. */
function readBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  must(bytes.toString('base64') === text, 'base64 in another spelling');
  return bytes;
}

interface Note {
  origin: string;
  size: number;
  root: string;
}

/** The origin, size and root that the checkpoint names, once its signature fits (C2SP signed-note). */
function checkNote({ checkpoint }: Bundle, keys: ReadonlyMap<string, string>): Note {
  const [, origin = '', size, root = '', name = '', encoded = ''] = noteForm.exec(checkpoint) ?? [];
  must(size !== undefined, 'the checkpoint is no signed note');
  const key = keys.get(name.slice(origin.length + 1));
  must(name.startsWith(`${origin}+`) && key, 'the checkpoint names no key of the bundle');
  const bytes = readBase64(encoded);
  const id = createHash('sha256').update(`${name}\n\u0001`).update(Buffer.from(key, 'base64')).digest().subarray(0, 4);
  must(bytes.subarray(0, 4).equals(id), 'the checkpoint names another key');
  const signature = bytes.subarray(4).toString('base64');
  must(isSignedBy(key, `${origin}\n${size}\n${root}\n`, signature), 'the signature of the checkpoint does not fit');
  return { origin, size: Number(size), root };
}

const buffers = (path: readonly string[]) => path.map(readBase64);

function mustDiffer(values: readonly unknown[], what: string): void {
  must(new Set(values).size === values.length, `${what} stands twice`);
}

function checkSeal(seal: CitedSeal, keys: ReadonlyMap<string, string>, { size, root }: Note): SealText {
  const statement = sealForm.parse(readStrictJson(seal.text, 'ledger'));
  must(statement[1] === seal.n, `seal ${seal.n} is another`);
  must(statement[3] <= statement[4], `seal ${seal.n} is of no batch`);
  must(seal.index === seal.n - 1, `seal ${seal.n} is at another place`);
  mustDiffer(
    statement[5].map(([month]) => month),
    `a month of seal ${seal.n}`,
  );
  const key = keys.get(statement[9]);
  must(key && isSignedBy(key, seal.text, seal.signature), `the signature of seal ${seal.n} does not fit`);
  const found = rootOf(leafHash(seal.text), seal.index, size, buffers(seal.path))?.toString('base64');
  must(found === root, `seal ${seal.n} is not under the checkpoint`);
  return statement;
}

type Row = [string, at: number, id: number, xid: number, ...unknown[]];

function checkEntry(entry: CitedEntry, seals: ReadonlyMap<number, SealText>): Row {
  const seal = seals.get(entry.seal);
  must(seal, `seal ${entry.seal} is not in the bundle`);
  const row = rowForm.parse(readStrictJson(entry.text, 'ledger')) as Row;
  must(row.length === rowColumns, 'an entry of another form');
  const [, at, id, xid] = row;
  const part = seal[5].find(([month]) => month === entry.month);
  const fits = xid >= seal[3] && xid < seal[4] && new Date(at).toISOString().slice(0, 7) === entry.month;
  must(part && fits, `entry ${id} is of another batch`);
  const found = rootOf(leafHash(entry.text), entry.index, part[1], buffers(entry.path))?.toString('base64');
  must(found === part[2], `entry ${id} is not under its seal`);
  return row;
}

/** Answers how many reviews say that they were signed off, and cite no entry that proves it. */
function checkReviews({ reviews }: Bundle, rows: readonly Row[]): number {
  let unproved = 0;
  for (const { id, task, due_at, signed_off_by, state, entry, note, findings } of reviews) {
    if (entry === null) {
      if (state === 'signed_off') unproved += 1;
      continue;
    }
    must(state === 'signed_off', `review ${id} cites an entry and was not signed off`);
    const row = rows[entry];
    must(row, `review ${id} cites no entry`);
    const details = z.record(z.string(), z.unknown()).parse(row.at(-1));
    must(row[4] === 'review.signed_off' && details.review === id, `review ${id} cites another entry`);
    const fits =
      hash('sha256', findings ?? '', 'hex') === details.findings_sha256 &&
      hash('sha256', note ?? '', 'hex') === details.note_sha256;
    must(fits, `review ${id} has other findings, or another note, than were signed off`);
    const same = details.task === task && details.due_at === due_at && row[8] === signed_off_by;
    must(same, `review ${id} is of another task or date, or was signed off by somebody else`);
  }
  return unproved;
}

const signedResults = z.object({ statement: z.string(), signed_by: z.string(), signature: z.string() });
const resultsForm = /^grantkeep checks [!-~]+\nrun ([!-~]+)\n(0|[1-9]\d{0,8}) results [0-9a-f]{64}$/;

/** The statements of the cited runs of the checks, by run, as far as a key of the bundle signed them. */
function signedRuns(rows: readonly Row[], keys: ReadonlyMap<string, string>) {
  const runs = new Map<string, { statement: string; results: number }>();
  for (const row of rows) {
    const { success, data } = signedResults.safeParse(row[4] === 'checks.run' ? row.at(-1) : null);
    if (!success) continue;
    const { statement, signed_by, signature } = data;
    const [, run, results] = resultsForm.exec(statement) ?? [];
    const key = keys.get(signed_by);
    if (run !== undefined && key && isSignedBy(key, statement, signature))
      runs.set(run, { statement, results: Number(results) });
  }
  return runs;
}

/**
 * Answers how many results no entry proves: their run is not cited, or some results of it are not in the bundle. All
 * results of a run that is cited have to be the signed ones.
 */
function checkResults({ checks }: Bundle, rows: readonly Row[], keys: ReadonlyMap<string, string>, { origin }: Note) {
  const runs = signedRuns(rows, keys);
  let unproved = 0;
  for (const [run, results] of Map.groupBy(checks, (one) => one.run ?? '')) {
    const signed = runs.get(run);
    if (!signed || results.length < signed.results) {
      unproved += results.length;
      continue;
    }
    const found = results.map(({ looked_at: lookedAt, ...one }) => ({ ...one, lookedAt }));
    must(resultsStatement(origin, run, found) === signed.statement, `the results of ${run} are others than were found`);
  }
  return unproved;
}

/**
 * Checks a bundle with nothing but its file: its signature, the checkpoint, each seal, each entry, each sign-off,
 * the results of each run of the checks.
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
    unproved_reviews: 0,
    unproved_checks: 0,
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
    const bundle = bundleForm.parse(readStrictJson(envelope.bundle, 'bundle'));
    const keys = new Map(bundle.keys.map(({ id, public_key }) => [id, public_key]));
    mustDiffer(
      bundle.keys.map(({ id }) => id),
      'a key',
    );
    must(keys.get(keyId) === publicKey, 'the bundle does not list its signing key');
    const tree = checkNote(bundle, keys);
    mustDiffer(
      bundle.seals.map(({ n }) => n),
      'a seal',
    );
    const seals = new Map(bundle.seals.map((seal) => [seal.n, checkSeal(seal, keys, tree)]));
    const rows = bundle.entries.map((entry) => checkEntry(entry, seals));
    mustDiffer(
      bundle.entries.map(({ text }) => text),
      'an entry',
    );
    const counts = {
      entries: rows.length,
      seals: seals.size,
      reviews: bundle.reviews.length,
      unproved_reviews: checkReviews(bundle, rows),
      unproved_checks: checkResults(bundle, rows, keys, tree),
    };
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
