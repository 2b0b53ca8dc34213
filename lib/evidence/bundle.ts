import type { CheckOutcome } from '#lib/db/schema/checks';

/** The name of this form of bundle. */
export const bundleFormat = 'grantkeep/evidence/1';

/** An entry of the ledger with the proof that it is in a sealed batch. Hashes are in base64. */
export interface CitedEntry {
  /** The entry as it was sealed: docs/ledger.md, row encoding 1. */
  text: string;
  /** The number of its seal, and the place in the tree of its month. */
  seal: number;
  month: string;
  index: number;
  path: string[];
}

/** A seal with the proof that it is under the checkpoint. */
export interface CitedSeal {
  n: number;
  /** The statement as it was signed: docs/ledger.md, seal encoding 1. */
  text: string;
  signature: string;
  index: number;
  path: string[];
}

/** A review of the period. Ids only. Moments are ISO 8601. */
export interface CitedReview {
  id: string;
  task: string;
  title: string;
  due_at: string;
  state: 'signed_off' | 'missed' | 'open';
  signed_off_at: string | null;
  signed_off_by: string | null;
  note: string | null;
  /** The findings in canonical JSON: their SHA-256 is in the entry of the sign-off. */
  findings: string | null;
  /** The place of the entry of its sign-off among `entries`; null where there is none, or it has no seal yet. */
  entry: number | null;
}

/** The content of a bundle. No token, no secret, no name and no e-mail address. */
export interface EvidenceBundle {
  format: typeof bundleFormat;
  hub: string;
  from: string;
  to: string;
  made_at: string;
  made_by: string;
  /** Ed25519, 32 bytes in base64. */
  keys: { id: string; public_key: string }[];
  /** A signed note (C2SP tlog-checkpoint). */
  checkpoint: string;
  seals: CitedSeal[];
  entries: CitedEntry[];
  /**
   * Entries of the period that are not cited, since they have no seal yet. Then the months of it that were dropped from the
   * ledger by a seal that says so. Nothing else is left out.
   */
  left_out: { not_sealed: number; dropped_months: string[] };
  checks: {
    check: string;
    provider: string | null;
    result: CheckOutcome;
    looked_at: string;
    found: string;
    at: string;
    /** The run that found it: the ledger's key signed its results, in the details of the entry `checks.run`. */
    run: string;
  }[];
  reviews: CitedReview[];
  alerts: {
    id: string;
    rule: string;
    subject: string;
    severity: string;
    state: string;
    opened_at: string;
    acknowledged_at: string | null;
    acknowledged_by: string | null;
    resolved_at: string | null;
    resolved_by: string | null;
    notes: string[];
  }[];
  freezes: {
    id: string;
    scope: string;
    target: string;
    reason: string;
    created_at: string;
    created_by: string;
    lifted_at: string | null;
    lifted_by: string | null;
    lift_reason: string | null;
  }[];
  revocations: {
    connection: string;
    provider: string;
    created_at: string;
    state: string;
    proof: string;
    finished_at: string | null;
    proved_at: string | null;
  }[];
  keys_used: { kid: string; first_used_at: string; retired_at: string | null }[];
  /** The scripts that pages of this build may run; those in the markup have a nonce instead of a hash. */
  scripts: { path: string; integrity: string | null; reason: string; pages: string[] }[];
  /** The run that gave the results in `conformance`, maybe at another commit. Null where none came with the build. */
  conformance_run: { at: string; commit: string | null; changed: boolean } | null;
  conformance: { specification: string; clause: string; state: string; tests: string[] }[];
  /** The page made of all this. */
  report_html: string;
}

/** The fields of an entry's text that readers need. */
export interface EntryFields {
  at: number;
  id: number;
  xid: number;
  action: string;
  outcome: string;
  actorType: string;
  actorId: string | null;
  details: Record<string, unknown>;
}

/** Reads the text of an entry, in the order of its columns. */
export function readEntry(text: string): EntryFields {
  const columns = JSON.parse(text) as [
    string,
    number,
    number,
    number,
    string,
    string,
    string | null,
    string,
    string | null,
  ];
  const [, at, id, xid, action, outcome, , actorType, actorId] = columns;
  const details = (columns as unknown[]).at(-1) as Record<string, unknown>;
  return { at, id, xid, action, outcome, actorType, actorId, details };
}
