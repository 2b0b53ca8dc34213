import type { BatchRow } from '#lib/ledger/row-encoding';

/** The possible faults of a ledger, each with its sentence. */
export const faultSentences = {
  seal_missing: 'A seal is missing from the chain.',
  seal_changed: 'A seal was changed: its signature does not fit what it says.',
  seal_key_unknown: 'A seal was signed with a key that this hub does not have.',
  seal_out_of_chain: 'A seal does not follow from the one before it: that one was replaced, or seals were reordered.',
  row_changed: 'A row was changed, or rows changed places.',
  row_deleted: 'A row under a seal is not there any more.',
  row_inserted: 'A row stands among those under a seal that the seal does not have.',
  rows_differ: 'The rows of a batch differ from those under its seal. The ledger does not say which row differs.',
  rows_not_sealed:
    'Rows wait for their seal for more than a day: the background jobs do not run, or something keeps the rows from it.',
  seals_cut_off: 'A checkpoint knows more seals than there are: the end of the ledger was cut off.',
  checkpoint_contradicted: 'The seals differ from the ones of a checkpoint: the past was rewritten.',
} as const;

export type FaultKind = keyof typeof faultSentences;

/** The code of a check that came to no end, which is none of a place. */
export const checkFailed = 'check_failed';
export const checkFailedSentence =
  'The check came to no end: the database holds rows that cannot be read as a ledger. The log names the fault.';

/** One broken place. */
export interface Fault {
  kind: FaultKind;
  sentence: string;
  /** The number of the seal, or of the first missing one. */
  seal: number | null;
  /** The month within the batch, as `2026-11`. */
  month: string | null;
  /** The row that was changed or inserted, or the one that now stands where one was deleted; null at the end. */
  row: { at: Date | null; id: number } | null;
  /** Which of the checkpoints given, from 1. */
  checkpoint: number | null;
}

/** A fault, with only the given facts of its place. */
export function fault(kind: FaultKind, place: Partial<Omit<Fault, 'kind' | 'sentence'>>): Fault {
  return { kind, sentence: faultSentences[kind], seal: null, month: null, row: null, checkpoint: null, ...place };
}

/** Where a row is to be found. */
export function placeOf(row: Pick<BatchRow, 'at' | 'id'> | undefined): Fault['row'] {
  if (!row) return null;
  const at = new Date(row.at);
  return { at: Number.isNaN(at.getTime()) ? null : at, id: row.id };
}
