import { sql } from 'drizzle-orm';
import { appendSeal, placeAfter } from '#lib/audit/seal-ledger';
import { lastSeal } from '#lib/audit/seals';
import type { Context } from '#lib/context';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';

/** How long the lock is waited for: every entry waits behind that. */
const lockPatienceMs = 50;

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

/** Whether a month has a row that no seal has yet. Takes no lock that an entry would wait for. */
async function hasUnsealed(db: Db, month: string, sealedTo: number): Promise<boolean> {
  const found = await db.execute(
    sql`select 1 from ${sql.identifier(partitionOf(month))} where xid >= ${sealedTo}::bigint limit 1`,
  );
  return rowsOf(found).length > 0;
}

/**
 * Brings the summary of a month's positions up to now, so that a look for one above another reads next to nothing.
 */
async function summariseMonth(owner: Db, month: string): Promise<void> {
  await owner.execute(sql`select brin_summarize_new_values(i.indexrelid) from pg_index i
    join pg_inherits h on h.inhrelid = i.indexrelid and h.inhparent = 'public.ledger_xid'::regclass
    where i.indrelid = ${`public.${partitionOf(month)}`}::regclass`);
}

/**
 * Drops a month with the seal that says so. The slow work is done before the lock: every entry waits for the lock, and
 * so do the callers of these entries. So the lock is waited for no longer than callers notice, and held for a look
 * along the summary and the drop only.
 */
async function dropMonth(ctx: Context, owner: Db, month: string): Promise<boolean> {
  const partition = sql.identifier(partitionOf(month));
  await summariseMonth(owner, month);
  const sealed = placeAfter(await lastSeal(owner));
  if (await hasUnsealed(owner, month, sealed.from)) return false;
  return withTransaction(owner, async (tx) => {
    const place = placeAfter(await lastSeal(tx));
    await tx.execute(sql`delete from ledger_locators using ledger_seals s where ledger_locators.n = s.n
      and s.parts @> jsonb_build_array(jsonb_build_object('month', ${month}::text)) and jsonb_array_length(s.parts) = 1`);
    await tx.execute(sql`set local lock_timeout = ${sql.raw(`'${lockPatienceMs}ms'`)}`);
    await tx.execute(sql`lock table ledger in access exclusive mode`);
    await tx.execute(sql`set local enable_seqscan = off`);
    // Once more: a late entry may have come between the look and the lock.
    if (await hasUnsealed(tx, month, place.from)) throw new NotNow();
    const from = `${month}-01T00:00:00Z`;
    await tx.execute(sql`drop table ${partition}`);
    await tx.execute(sql`delete from ledger_default where at >= ${from}::timestamptz
      and at < ${from}::timestamptz + interval '1 month' and xid < ${place.from}::bigint`);
    const seal = { ...place, to: place.from, parts: [], dropped: [month], sealedAt: ctx.now() };
    const written = await appendSeal(tx, ctx, seal, new Uint8Array());
    // Another process sealed meanwhile: all of this is undone, and tried again later.
    if (!written) throw new NotNow();
    return true;
  });
}

/** Undoes a drop that is tried again at the next tick. */
class NotNow extends Error {
  override readonly name = 'NotNow';
}

/** SQLSTATE of a lock that was not to be had in its time. */
const lockNotAvailable = '55P03';

function isLater(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof NotNow || ('code' in at && at.code === lockNotAvailable)) return true;
  }
  return false;
}

/**
 * Drops the sealed months that are older than LEDGER_RETENTION_MONTHS, each together with a seal that says so: a month
 * that is gone without such a seal counts as deleted. Answers the months.
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
      if (isLater(error)) break;
      throw error;
    }
    dropped.push(month);
    ctx.log.info({ event: 'ledger_month_dropped', month });
  }
  return dropped;
}
