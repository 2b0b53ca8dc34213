import { type SQL, sql } from 'drizzle-orm';
import { type LedgerFilter, ledgerFilter, withinFilter } from '#lib/audit/ledger-filter';
import type { Context } from '#lib/context';
import { type CappedCount, countCapped, countUpTo } from '#lib/db/count-capped';
import { ledger } from '#lib/db/schema/ledger';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

/**
 * How many entries a filter leaves, up to `countUpTo`.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function countLedger(ctx: Context, input: LedgerFilter): Promise<CappedCount> {
  requireReader(ctx);
  const { db } = ctx.database;
  const within = await withinFilter(db, parseInput(ledgerFilter, input));
  const some = (where: SQL | undefined) =>
    sql`(select 1 from ${ledger} ${where ? sql`where ${where}` : sql``} limit ${countUpTo + 1})`;
  const rows = sql`(select 1 from (${sql.join(within.map(some), sql` union all `)}) as found limit ${countUpTo + 1})`;
  return countCapped(db, rows, countUpTo);
}
