import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { type LedgerPage, planPages } from '#lib/audit/plan-pages';
import { type Db, rowsOf } from '#lib/db/database';
import { ledgerColumnNames, ledgerFields } from '#lib/ledger/columns';
import type { BatchRow } from '#lib/ledger/row-encoding';

/** A row as one JSON array, its time in milliseconds since 1970. */
const asArray = sql.raw(
  `json_build_array(${ledgerColumnNames.map((name) => (name === 'at' ? 'extract(epoch from at) * 1000' : name)).join(', ')})::text`,
);

/** Rows of a page, and fetched at a time. */
export const pageRows = 500;
/** Rows handed over in one turn of the event loop: so few that other work of the process does not wait long. */
const turnRows = 50;

function toSealed(columns: string): BatchRow {
  const values = JSON.parse(columns) as unknown[];
  const row: Record<string, unknown> = {};
  for (const [n, field] of ledgerFields.entries()) row[field] = values[n];
  // Infinity is no number in JSON and comes as text.
  row.at = Number(row.at);
  return row as BatchRow;
}

/**
 * Hands over the rows of a page, in the order in which batches are sealed: by position, id and time. Each statement is a
 * transaction of its own and finds no more than a few hundred rows: nothing waits for longer behind it, and no snapshot
 * is held while the process is at something else. Rows that are settled stay as they are between two of them.
 * @param take is given some rows in a turn of the event loop, and the next ones in another
 */
export async function readPage(db: Db, page: LedgerPage, take: (row: BatchRow) => void): Promise<void> {
  // Times are of milliseconds; one more on each side costs nothing, and no rounding leaves a row out.
  const moment = (at: number, more: number) =>
    Number.isFinite(at)
      ? sql`to_timestamp(${at + more}::float8)`
      : sql`${at > 0 ? 'infinity' : '-infinity'}::timestamptz`;
  let after: Pick<BatchRow, 'xid' | 'id' | 'at'> = { xid: page.from, id: Number.MIN_SAFE_INTEGER, at: 0 };
  for (let more = true; more; ) {
    // Each row is one value: to take sixteen apart costs this process twice the time, and other work waits for its
    // turn.
    const rows = rowsOf<{ columns: string }>(
      await db.execute(sql`
        select ${asArray} as columns
        from (select * from ledger where xid >= ${after.xid}::bigint and xid < ${page.to}::bigint
            and at between ${moment(page.firstAt, -0.001)} and ${moment(page.lastAt, 0.001)}
            and (xid, id, at) > (${after.xid}::bigint, ${after.id}::bigint, ${moment(after.at / 1000, 0)})
          order by ledger.xid, ledger.id, ledger.at limit ${pageRows}) found
        order by found.xid, found.id, found.at`),
    );
    for (const [n, { columns }] of rows.entries()) {
      if (n > 0 && n % turnRows === 0) await nextTurn();
      const row = toSealed(columns);
      take(row);
      after = row;
    }
    more = rows.length === pageRows;
  }
}

/** Hands over the rows of the ledger from one position to before another, page by page. */
export async function readRows(
  db: Db,
  range: { from: number; to: number },
  take: (row: BatchRow) => void,
): Promise<void> {
  for await (const page of planPages(db, range, pageRows)) await readPage(db, page, take);
}
