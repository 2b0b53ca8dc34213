import { ledgerOrigin } from '#lib/audit/check-checkpoints';
import { planPages } from '#lib/audit/plan-pages';
import { readPage } from '#lib/audit/read-rows';
import type { Context } from '#lib/context';
import { settledPosition } from '#lib/db/positions';
import { requireReader } from '#lib/guards/require';
import type { BatchRow } from '#lib/ledger/row-encoding';
import { type LedgerCursor, noteOf, requireSameLedger } from '#lib/ledger-stream/cursor';

/** Entries of a page, about: the entries of one transaction are never parted. */
const pageRows = 1_000;

/** Some entries of the ledger, in the order of the seals. */
export interface EntryPage {
  rows: BatchRow[];
  /** For the next page. */
  cursor: LedgerCursor;
  /** Whether nothing more is settled for now. */
  isLast: boolean;
  /** Which ledger it is, as a checkpoint names it. */
  origin: string;
}

/**
 * The entries after a cursor. Entries become visible out of the order of their times and ids; so this one reads by
 * positions, and below the oldest transaction that may still write (as the seals do): it passes none over.
 * @param upto the position to end before; without one as far as the ledger is settled
 * @throws AppError `unauthenticated`, `forbidden`, `conflict` where the cursor is of another ledger
 */
export async function readEntries(ctx: Context, cursor: LedgerCursor, upto?: number): Promise<EntryPage> {
  requireReader(ctx);
  const { db } = ctx.database;
  await requireSameLedger(db, cursor);
  const origin = ledgerOrigin(ctx);
  const settled = Math.min(await settledPosition(ctx.database), upto ?? Number.POSITIVE_INFINITY);
  for await (const page of planPages(db, { from: cursor.next, to: settled }, pageRows)) {
    const rows: BatchRow[] = [];
    await readPage(db, page, (row) => rows.push(row));
    const last = rows.findLast(({ at }) => Number.isFinite(at));
    return { rows, cursor: { next: page.to, last: last ? noteOf(last) : cursor.last }, isLast: false, origin };
  }
  return { rows: [], cursor: { ...cursor, next: Math.max(cursor.next, settled) }, isLast: true, origin };
}
