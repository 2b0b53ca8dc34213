import { canonicalJson } from '#lib/ledger/canonical';
import { type LedgerField, type LedgerTableRow, ledgerFields } from '#lib/ledger/columns';

/** Which encoding of rows a seal was made over. A change of the table makes a new one; the old ones stay. */
export const rowEncoding = 1;

/** A row of a batch that a seal covers: what the database answers, also where this build would not write it. */
export type BatchRow = Omit<
  { [F in LedgerField]: LedgerTableRow[F] extends string ? string : LedgerTableRow[F] },
  'at' | 'details'
> & {
  /** Milliseconds since 1970 (UTC). */
  at: number;
  details: Record<string, unknown>;
};

const plainFields = ledgerFields.filter((field) => field !== 'details');

/**
 * The text with the leaf hash that stands for a row, in UTF-8: a JSON array without white space of the encoding's name
 * and every column in this order; `details` with its members sorted (see `canonicalJson`). Never to be changed: another
 * encoding gets another number.
 */
export function encodeRow(row: BatchRow): string {
  const columns = JSON.stringify(['grantkeep/ledger/row/1', ...plainFields.map((field) => row[field])]);
  return `${columns.slice(0, -1)},${canonicalJson(row.details)}]`;
}

/** The month of the row before, since neighbours mostly share it: from when to before when, and its name. */
let recent = { from: 0, to: 0, name: '' };

/** The month that a row belongs to, by UTC, as `2026-11`; `none` for a moment that is no date. */
export function monthOf(at: number): string {
  if (at >= recent.from && at < recent.to) return recent.name;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return 'none';
  const begins = (ahead: number) => new Date(0).setUTCFullYear(date.getUTCFullYear(), date.getUTCMonth() + ahead, 1);
  recent = { from: begins(0), to: begins(1), name: date.toISOString().slice(0, 7) };
  return recent.name;
}
