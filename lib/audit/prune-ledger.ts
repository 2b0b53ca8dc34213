import { sql } from 'drizzle-orm';
import { appendSeal, placeAfter } from '#lib/audit/seal-ledger';
import { lastSeal } from '#lib/audit/seals';
import type { Context } from '#lib/context';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';

/** The first month that is kept, as `2026-11`. */
export function firstKeptMonth(now: Date, months: number): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1)).toISOString().slice(0, 7);
}

const partitionOf = (month: string) => `ledger_${month.replace('-', '_')}`;

/** Months older than that, which have a partition of their own; the oldest first. */
async function monthsBefore(owner: Db, kept: string): Promise<string[]> {
  const rows = rowsOf<{ name: string }>(
    await owner.execute(sql`select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'public.ledger'::regclass and c.relname ~ '^ledger_[0-9]{4}_[0-9]{2}$' order by 1`),
  );
  return rows.map(({ name }) => name.slice('ledger_'.length).replace('_', '-')).filter((month) => month < kept);
}

async function dropMonth(ctx: Context, owner: Db, month: string): Promise<boolean> {
  const partition = sql.identifier(partitionOf(month));
  return withTransaction(owner, async (tx) => {
    // Who appends must not wait for long behind one who waits for this lock.
    await tx.execute(sql`set local lock_timeout = '2s'`);
    await tx.execute(sql`lock table ledger in access exclusive mode`);
    const last = await lastSeal(tx);
    const place = placeAfter(last);
    const [waiting] = rowsOf(
      await tx.execute(sql`select 1 from ${partition} where xid >= ${place.from}::bigint limit 1`),
    );
    if (waiting) return false;
    const from = `${month}-01T00:00:00Z`;
    await tx.execute(sql`drop table ${partition}`);
    await tx.execute(sql`delete from ledger_default where at >= ${from}::timestamptz
      and at < ${from}::timestamptz + interval '1 month' and xid < ${place.from}::bigint`);
    const seal = { ...place, to: place.from, parts: [], dropped: [month], sealedAt: ctx.now() };
    const written = await appendSeal(tx, ctx, seal, new Uint8Array());
    // Another process sealed meanwhile: all of this is undone, and tried again later.
    if (!written) throw new SealedMeanwhile();
    await tx.execute(sql`delete from ledger_locators using ledger_seals s where ledger_locators.n = s.n
      and s.parts @> jsonb_build_array(jsonb_build_object('month', ${month}::text)) and jsonb_array_length(s.parts) = 1`);
    return true;
  });
}

class SealedMeanwhile extends Error {
  override readonly name = 'SealedMeanwhile';
}

/**
 * Drops the months that are older than LEDGER_RETENTION_MONTHS says, as far as they are sealed, each together with a seal
 * that says so: what is gone without one counts as deleted. Answers the months.
 * @param owner a connection of the role that owns the ledger
 */
export async function pruneLedger(ctx: Context, owner: Db): Promise<string[]> {
  const { ledgerRetentionMonths: months } = ctx.config;
  if (months === 0) return [];
  const dropped: string[] = [];
  for (const month of await monthsBefore(owner, firstKeptMonth(ctx.now(), months))) {
    try {
      if (!(await dropMonth(ctx, owner, month))) break;
    } catch (error) {
      if (error instanceof SealedMeanwhile) break;
      throw error;
    }
    dropped.push(month);
    ctx.log.info({ event: 'ledger_month_dropped', month });
  }
  return dropped;
}
