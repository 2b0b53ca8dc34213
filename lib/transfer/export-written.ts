import type { Context } from '#lib/context';
import { requireReader } from '#lib/guards/require';
import { lastWritten } from '#lib/ledger/last-written';
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
  return lastWritten(ctx.database.db, ctx.actor, 'connection.export_written');
}
