import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { readDropped } from '#lib/audit/seals';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { AppError } from '#lib/errors';
import { leafHash } from '#lib/ledger/merkle';
import { type BatchRow, encodeRow, monthOf } from '#lib/ledger/row-encoding';

/**
 * Where a reader goes on: every entry below `next` was handed over. `last` is the newest of them, with the hash that
 * stands for it: a ledger without it is another one, such as one that was restored from a backup.
 */
export const cursorSchema = z.strictObject({
  next: z.int().min(0),
  last: z.strictObject({ xid: z.int(), id: z.int(), at: z.number(), hash: z.string() }).nullable(),
});
export type LedgerCursor = z.infer<typeof cursorSchema>;

/** A cursor's note of an entry. */
export function noteOf(row: BatchRow): NonNullable<LedgerCursor['last']> {
  const { xid, id, at } = row;
  return { xid, id, at, hash: leafHash(encodeRow(row)).toString('base64') };
}

/**
 * Asks whether the cursor was made of this ledger. In one that was restored from a backup new entries have positions that
 * the cursor has passed: a reader that went on would pass over them.
 * @throws AppError `conflict`
 */
export async function requireSameLedger(db: Db, { last }: LedgerCursor): Promise<void> {
  if (!last) return;
  const [row] = await db
    .select()
    .from(ledger)
    .where(and(eq(ledger.at, new Date(last.at)), eq(ledger.id, last.id)));
  if (row && noteOf({ ...row, at: row.at.getTime() }).hash === last.hash) return;
  if (!row && (await readDropped(db)).has(monthOf(last.at))) return;
  throw new AppError('conflict', {
    message:
      'The cursor names an entry that this ledger does not have: the database may come from a backup. Stream again from an earlier position (--from), and reconcile.',
  });
}
