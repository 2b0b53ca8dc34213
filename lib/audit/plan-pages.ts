import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

/** Whole transactions of the ledger that are read together: positions from `from` to before `to`. */
export interface LedgerPage {
  from: number;
  to: number;
  rows: number;
  /** Their first and last time in seconds since 1970, by which the rows are found along their key; it may be infinite. */
  firstAt: number;
  lastAt: number;
}

interface Counted extends Record<string, unknown> {
  xid: number;
  rows: number;
  first_at: number;
  last_at: number;
}

/**
 * Rows that one statement counts, about: few enough that other statements do not wait long behind it on the embedded
 * database.
 */
const countedAtOnce = 5_000;
/** Positions that the first statement looks at; most transactions of a busy hub write many rows. */
const firstSpan = 64;
const mostGrowth = 8;

/**
 * Cuts the rows of a range of positions into pages, in their order. No statement counts more than a few thousand rows,
 * however many wait: how many positions the next one looks at follows from how many rows the last one found.
 * @param pageRows rows of a page, about: the rows of one transaction are never parted
 */
export async function* planPages(
  db: Db,
  { from, to }: { from: number; to: number },
  pageRows: number,
): AsyncGenerator<LedgerPage> {
  let page: LedgerPage | undefined;
  let span = firstSpan;
  for (let at = from; at < to; ) {
    const upto = Math.min(at + span, to);
    const counted = rowsOf<Counted>(
      await db.execute(sql`select xid::float8 as xid, count(*)::int as rows,
          extract(epoch from min(at))::float8 as first_at, extract(epoch from max(at))::float8 as last_at
        from ledger where xid >= ${at}::bigint and xid < ${upto}::bigint group by xid order by xid`),
    );
    let found = 0;
    for (const { xid, rows, first_at: firstAt, last_at: lastAt } of counted) {
      found += rows;
      if (page && page.rows + rows <= pageRows) {
        const times = { firstAt: Math.min(page.firstAt, firstAt), lastAt: Math.max(page.lastAt, lastAt) };
        page = { from: page.from, to: xid + 1, rows: page.rows + rows, ...times };
        continue;
      }
      if (page) yield page;
      page = { from: xid, to: xid + 1, rows, firstAt, lastAt };
    }
    at = upto;
    const growth = found === 0 ? mostGrowth : Math.min(mostGrowth, countedAtOnce / found);
    span = Math.max(1, Math.floor(span * growth));
  }
  if (page) yield page;
}
