import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

const monthsAhead = 13;

/** True where this connection's role owns the ledger, as the one role that does everything does. */
export async function mayMakePartitions(db: Db): Promise<boolean> {
  const [row] = rowsOf<{ owns: boolean }>(
    await db.execute(
      sql`select pg_has_role(relowner, 'usage') as owns from pg_class where oid = to_regclass('public.ledger')`,
    ),
  );
  return row?.owns ?? false;
}

/**
 * Makes the ledger's partitions for this month and the next thirteen, where they are missing. Rows of a month without a
 * partition go to the default partition, so a late call loses nothing. A month that has rows there already stays there.
 */
export async function ensureLedgerPartitions(db: Db, now: Date): Promise<void> {
  for (let ahead = 0; ahead <= monthsAhead; ahead++) {
    const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1));
    const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead + 1, 1));
    const name = `ledger_${from.toISOString().slice(0, 7).replace('-', '_')}`;
    const known = rowsOf<{ at: string | null }>(await db.execute(sql`select to_regclass(${name})::text as at`));
    if (known[0]?.at) continue;
    const inDefault = rowsOf(
      await db.execute(
        sql`select 1 from ledger_default where at >= ${from.toISOString()}::timestamptz and at < ${to.toISOString()}::timestamptz limit 1`,
      ),
    );
    if (inDefault.length > 0) continue;
    await db.execute(
      sql.raw(
        `create table if not exists "${name}" partition of "ledger" for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
      ),
    );
  }
}
