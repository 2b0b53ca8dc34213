import { and, desc, eq, sql } from 'drizzle-orm';
import { actorId } from '#lib/actor';
import type { Context } from '#lib/context';
import { ledger } from '#lib/db/schema/ledger';
import { requireReader } from '#lib/guards/require';
import { record } from '#lib/ledger/record';

/** Tells the ledger how many lines a file of connections got, once the last one was taken. One that breaks off has no such entry. */
export async function noteExportWritten(ctx: Context, written: { rows: number; tokens: boolean }): Promise<void> {
  requireReader(ctx);
  await record(ctx.database.db, ctx, { action: 'connection.export_written', details: written });
}

/**
 * The caller's last complete file of connections within a day: its lines, and when the last was written; null where none is.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function lastExportWritten(ctx: Context): Promise<{ rows: number; at: Date } | null> {
  requireReader(ctx);
  const self = actorId(ctx.actor);
  if (self === null) return null;
  const [found] = await ctx.database.db
    .select({ at: ledger.at, details: ledger.details })
    .from(ledger)
    .where(
      and(
        eq(ledger.action, 'connection.export_written'),
        eq(ledger.actorId, self),
        sql`${ledger.at} > now() - interval '1 day'`,
      ),
    )
    .orderBy(desc(ledger.at))
    .limit(1);
  return found ? { rows: Number(found.details.rows), at: found.at } : null;
}
