import { and, asc, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { ledgerFilter, withinFilter } from '#lib/audit/ledger-filter';
import type { LedgerTableRow } from '#lib/audit/list-ledger';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { requireReader } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';

export const exportFormats = ['csv', 'jsonl'] as const;
export const exportLedgerInput = ledgerFilter.extend({ format: z.enum(exportFormats) });
export type ExportLedgerInput = z.input<typeof exportLedgerInput>;

/** Rows read at a time: so few that other work of the process does not wait long while they are turned into text. */
const pageRows = 200;

/** An entry as it is exported: every column, so that who has the rows of a batch can make its root again. */
export interface ExportedRow {
  at: string;
  id: number;
  xid: number;
  action: string;
  outcome: string;
  code: string | null;
  actor_type: string;
  actor_id: string | null;
  person_id: string | null;
  connection_id: string | null;
  provider: string | null;
  api_key_id: string | null;
  ip: string | null;
  request_id: string | null;
  count: number;
  details: Record<string, unknown>;
}

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
  return {
    at: row.at.toISOString(),
    id: row.id,
    xid: row.xid,
    action: row.action,
    outcome: row.outcome,
    code: row.code,
    actor_type: row.actorType,
    actor_id: row.actorId,
    person_id: row.personId,
    connection_id: row.connectionId,
    provider: row.provider,
    api_key_id: row.apiKeyId,
    ip: row.ip,
    request_id: row.requestId,
    count: row.count,
    details: row.details,
  };
}

/** The filter as the entry of an export tells it. */
function described(filter: z.output<typeof ledgerFilter>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value instanceof Date ? value.toISOString() : String(value)]),
  );
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
  return rowsWithin(ctx.database.db, filter, ctx.now());
}
