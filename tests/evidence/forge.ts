import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bundleFormat, type EvidenceBundle } from '#lib/evidence/bundle';
import { createInclusionTree } from '#lib/ledger/inclusion';
import { leafHash } from '#lib/ledger/merkle';

const template: EvidenceBundle = {
  format: bundleFormat,
  ...{ hub: 'hub.example', from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' },
  ...{ made_at: '2026-12-01T00:00:00.000Z', made_by: 'usr_1', keys: [], checkpoint: '', seals: [], entries: [] },
  ...{
    left_out: { not_sealed: 0, dropped_months: [] },
    checks: [],
    reviews: [],
    alerts: [],
    freezes: [],
    revocations: [],
    keys_used: [],
  },
  ...{ scripts: [], conformance: [], conformance_run: null, report_html: '<p>' },
};

const pair = generateKeyPairSync('ed25519');
/** A key of the forger, who may also be the operator: everything inside is signed again by it. */
export const forger = { id: 'k1', private: pair.privateKey, public: rawOf(pair.publicKey) };

export function rawOf(key: KeyObject): string {
  return createPublicKey(key.export({ type: 'spki', format: 'pem' }))
    .export({ type: 'spki', format: 'der' })
    .subarray(-32)
    .toString('base64');
}
export const signed = (text: string) => sign(null, Buffer.from(text), forger.private).toString('base64');

/** The file around a bundle's text. */
export function envelope(text: string, { keyId = forger.id, publicKey = forger.public } = {}): Buffer {
  const signature = signed(`grantkeep/evidence/1\n${keyId}\n${publicKey}\n${text}`);
  return Buffer.from(`{"bundle":${text},"key_id":"${keyId}","public_key":"${publicKey}","signature":"${signature}"}\n`);
}

export function note(origin: string, size: number, root: string): string {
  const body = `${origin}\n${size}\n${root}\n`;
  const name = `${origin}+${forger.id}`;
  const id = createHash('sha256').update(`${name}\n\u0001`).update(Buffer.from(forger.public, 'base64')).digest();
  return `${body}\n— ${name} ${Buffer.concat([id.subarray(0, 4), Buffer.from(signed(body), 'base64')]).toString('base64')}\n`;
}

export interface Forged {
  /** Texts of the entries, all of one seal and month. */
  entries?: string[];
  /** Changes the statement of the seal, before it is signed. */
  seal?: (statement: unknown[]) => void;
  /** Changes the text of the seal, before it is signed. */
  sealText?: (text: string) => string;
  change?: (bundle: EvidenceBundle) => void;
  /** Changes the text of the bundle, before it is signed. */
  text?: (text: string) => string;
}

export const row = (n: number, action = 'checks.run', details: object = {}) =>
  JSON.stringify([
    'grantkeep/ledger/row/1',
    Date.UTC(2026, 10, 20) + n,
    n,
    100 + n,
    action,
    'ok',
    null,
    'system',
    null,
    null,
    null,
    null,
    null,
    null,
    'req',
    1,
    details,
  ]);

/** A small bundle, sound in every part, that the forger made whole and then changed: signatures and proofs fit what they are over. */
export function forge({
  entries = [1, 2, 3].map((n) => row(n)),
  seal,
  sealText = (one) => one,
  change,
  text = (one) => one,
}: Forged): Buffer {
  const tree = createInclusionTree(entries.map(leafHash));
  const root = tree.root().toString('base64');
  const statement: unknown[] = [
    'grantkeep/ledger/seal/1',
    1,
    1,
    0,
    1_000,
    [['2026-11', entries.length, root]],
    [],
    '',
    1,
    forger.id,
  ];
  seal?.(statement);
  const sealed = sealText(JSON.stringify(statement));
  const seals = createInclusionTree([leafHash(sealed)]);
  const bundle: EvidenceBundle = {
    ...structuredClone(template),
    keys: [{ id: forger.id, public_key: forger.public }],
    checkpoint: note('hub.example/ledger', 1, seals.root().toString('base64')),
    seals: [{ n: 1, text: sealed, signature: signed(sealed), index: 0, path: [] }],
    entries: entries.map((one, index) => ({
      text: one,
      seal: 1,
      month: '2026-11',
      index,
      path: tree.path(index).map((h) => h.toString('base64')),
    })),
    reviews: [],
  };
  change?.(bundle);
  return envelope(text(JSON.stringify(bundle)));
}

export const first = <T>([one]: T[]): T => one as T;
