import { sql } from 'drizzle-orm';
import { readLastCheck } from '#lib/audit/list-seals';
import type { Context } from '#lib/context';
import { dateOf, rowsOf } from '#lib/db/database';
import { requireReader } from '#lib/guards/require';
import { type HeldBack, readHeldBack } from '#lib/ledger/held-back';

/** Entries get their seal within a minute or two; after this something keeps them from it. */
const sealedWithinMinutes = 15;

/** The fault of the ledger as a whole; null where there is none. */
export interface LedgerTroubleView {
  /** When the last check found it broken. */
  brokenAt: Date | null;
  /** Since when entries wait for their seal, where they wait too long. */
  unsealedSince: Date | null;
}

/**
 * Whether the ledger is broken, by its last check, or is sealed no more. Two looks along indexes, at any number of entries.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function readLedgerTrouble(ctx: Context): Promise<LedgerTroubleView> {
  requireReader(ctx);
  const { db } = ctx.database;
  const check = await readLastCheck(ctx);
  const [row] = rowsOf<{ since: Date | string | null }>(
    await db.execute(sql`
      select (select at from ledger where at > least(coalesce(sealed.at, '-infinity'), now())
          and at < now() - make_interval(mins => ${sealedWithinMinutes}::int) order by at limit 1) as since
      from (select (select sealed_at from ledger_seals order by n desc limit 1) as at) sealed`),
  );
  return { brokenAt: check && !check.ok ? check.at : null, unsealedSince: dateOf(row?.since ?? null) };
}

/**
 * Which transaction has kept the ledger from settling for more than a minute.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function readLedgerHeldBack(ctx: Context): Promise<{ held: HeldBack | null }> {
  requireReader(ctx);
  return { held: await readHeldBack(ctx.database) };
}
