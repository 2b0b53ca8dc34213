import { and, asc, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { ledgerFilter, withinFilter } from '#lib/audit/ledger-filter';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { requireReader } from '#lib/guards/require';
import {
  type LedgerField,
  type LedgerTableRow,
  ledgerColumnNames,
  ledgerColumns,
  ledgerFields,
} from '#lib/ledger/columns';
import { lastWritten } from '#lib/ledger/last-written';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';
import { whileActs } from '#lib/sign-in/while-acts';

export const exportFormats = ['csv', 'jsonl'] as const;
export const exportLedgerInput = ledgerFilter.extend({ format: z.enum(exportFormats) });
export type ExportLedgerInput = z.input<typeof exportLedgerInput>;

/** Rows read at a time: so few that other work of the process does not wait long while they are turned into text. */
const pageRows = 200;

/** An entry as it is exported: every column, so that a reader with the rows of a batch can make its root again. */
export type ExportedRow = {
  [F in Exclude<LedgerField, 'at'> as (typeof ledgerColumns)[F]]: LedgerTableRow[F];
} & { at: string };

/** The names of an exported entry, in the order of its file. */
export const exportedColumns = ledgerColumnNames;

type Position = Pick<LedgerTableRow, 'at' | 'id'>;

const oldestFirst = (one: Position, other: Position) => one.at.getTime() - other.at.getTime() || one.id - other.id;

async function* rowsWithin(db: Db, filter: z.output<typeof ledgerFilter>, until: Date): AsyncGenerator<ExportedRow> {
  const within = await withinFilter(db, filter);
  const read = (where: SQL | undefined, after: Position | undefined) => {
    const goOn = after
      ? sql`${ledger.at} >= ${after.at.toISOString()}::timestamptz
          and (${ledger.at}, ${ledger.id}) > (${after.at.toISOString()}::timestamptz, ${after.id}::bigint)`
      : undefined;
    return db
      .select()
      .from(ledger)
      .where(and(where, sql`${ledger.at} <= ${until.toISOString()}::timestamptz`, goOn))
      .orderBy(asc(ledger.at), asc(ledger.id))
      .limit(pageRows);
  };
  let after: Position | undefined;
  do {
    const found = await Promise.all(within.map((where) => read(where, after)));
    const page = found.flat().sort(oldestFirst).slice(0, pageRows);
    for (const row of page) yield toExported(row);
    after = page.length === pageRows ? page.at(-1) : undefined;
  } while (after);
}

function toExported(row: LedgerTableRow): ExportedRow {
  const exported: Record<string, unknown> = {};
  for (const field of ledgerFields) exported[ledgerColumns[field]] = row[field];
  return { ...exported, at: row.at.toISOString() } as ExportedRow;
}

/** The filter as the entry of an export tells it. */
function described(filter: z.output<typeof ledgerFilter>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value instanceof Date ? value.toISOString() : String(value)]),
  );
}

/** Tells the ledger how many rows a file got, once the last one was taken. A download that breaks off before has no such entry. */
async function* counted(ctx: Context, rows: AsyncIterable<ExportedRow>, format: string): AsyncGenerator<ExportedRow> {
  let written = 0;
  for await (const row of rows) {
    written += 1;
    yield row;
  }
  await record(ctx.database.db, ctx, { action: 'ledger.export_written', details: { rows: written, format } });
}

/** The caller's last export of the ledger within a day: its rows, and when the last was written; null where none is. */
export async function lastExport(ctx: Context): Promise<{ rows: number; at: Date } | null> {
  requireReader(ctx);
  return lastWritten(ctx.database.db, ctx.actor, 'ledger.export_written');
}

/**
 * The entries of a filter, oldest first, row by row, up to now. The export itself, its actor and its filter are
 * committed to the ledger before the first row is answered. There are ids only: a file outlives the people it names.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`
 */
export async function exportLedger(ctx: Context, input: ExportLedgerInput): Promise<AsyncGenerator<ExportedRow>> {
  requireReader(ctx);
  const { format, ...filter } = parseInput(exportLedgerInput, input);
  const { proof } = await requireStepUp(ctx);
  await record(ctx.database.db, ctx, {
    action: 'ledger.exported',
    details: { what: 'rows', format, step_up: proof, ...described(filter) },
  });
  return counted(ctx, whileActs(ctx, rowsWithin(ctx.database.db, filter, ctx.now())), format);
}
