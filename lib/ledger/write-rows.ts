import type { HotPath } from '#lib/db/database';
import { type LedgerRow, ledgerColumns, typedColumn, writtenFields } from '#lib/ledger/columns';

const columns = writtenFields.map((field) => ledgerColumns[field]).join(', ');
const types = writtenFields.map(typedColumn).join(', ');

/** One text whatever the number of rows, so that it is prepared once: they come as one JSON array. */
const statement = `insert into ledger (${columns})
  select ${columns} from jsonb_to_recordset($1::text::jsonb) as entry(${types})`;

const unsaid: Partial<LedgerRow> = { count: 1, details: {} };

/** A row as JSON, for statements that append it. */
export function entryOf(row: LedgerRow): Record<string, unknown> {
  const entry: Record<string, unknown> = {};
  for (const field of writtenFields) entry[ledgerColumns[field]] = row[field] ?? unsaid[field] ?? null;
  return entry;
}

/**
 * The part of a statement that appends the entries in the column `entry` of another part, so that a change and its
 * entry are one statement.
 */
export const appendFrom = (part: string): string =>
  `insert into ledger (${columns}) select told.* from ${part}, jsonb_to_record(${part}.entry) as told(${types})`;

/** Commits ledger rows in one statement. */
export async function writeRows(hot: HotPath, rows: readonly LedgerRow[]): Promise<void> {
  await hot.write(statement, [JSON.stringify(rows.map(entryOf))]);
}
