import { z } from 'zod';
import type { Context } from '#lib/context';
import { record } from '#lib/ledger/record';
import { cursorSchema } from '#lib/ledger-stream/cursor';
import { toEvent } from '#lib/ledger-stream/event';
import { readEntries } from '#lib/ledger-stream/read-entries';
import { readSeals } from '#lib/ledger-stream/read-seals';

/** The parts of `ledger stream` and `ledger reconcile`, as they travel to the process that has the data open. */
export const ledgerStreamCommands = [
  z.strictObject({
    command: z.literal('ledger entries'),
    cursor: cursorSchema,
    /** The position to end before. */
    upto: z.int().optional(),
    as: z.enum(['events', 'rows']),
    /** The first page: the ledger then tells that it is read. */
    begins: z.boolean(),
  }),
  z.strictObject({ command: z.literal('ledger seals'), after: z.int().min(0) }),
] as const;
export type LedgerStreamCommand = z.input<(typeof ledgerStreamCommands)[number]>;

type Line = Record<string, unknown>;

/** Runs a part: one line about the page, then the page's own lines. @throws AppError as the verbs do */
export async function runLedgerStreamCommand(ctx: Context, command: LedgerStreamCommand): Promise<Line[]> {
  if (command.command === 'ledger seals') {
    const { origin, seals } = await readSeals(ctx, command.after);
    return [{ origin }, ...seals.map((seal) => ({ ...seal }))];
  }
  const { cursor, upto, as, begins } = command;
  const page = await readEntries(ctx, cursor, upto);
  if (begins)
    await record(ctx.database.db, ctx, {
      action: 'ledger.exported',
      details: { what: 'stream', format: 'ocsf', from: cursor.next },
    });
  const lines = page.rows.map((row) => (as === 'events' ? toEvent(row, page.origin) : { ...row }));
  return [{ cursor: page.cursor, is_last: page.isLast }, ...lines];
}
