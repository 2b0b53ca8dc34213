import { and, desc, eq, sql } from 'drizzle-orm';
import { type Actor, actorId } from '#lib/actor';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';

/** An actor's last complete file of a kind within a day: its rows, and when the last was written; null where none is. */
export async function lastWritten(
  db: Db,
  actor: Actor,
  action: 'connection.export_written' | 'ledger.export_written',
): Promise<{ rows: number; at: Date } | null> {
  const self = actorId(actor);
  if (self === null) return null;
  const [found] = await db
    .select({ at: ledger.at, details: ledger.details })
    .from(ledger)
    .where(and(eq(ledger.action, action), eq(ledger.actorId, self), sql`${ledger.at} > now() - interval '1 day'`))
    .orderBy(desc(ledger.at))
    .limit(1);
  return found ? { rows: Number(found.details.rows), at: found.at } : null;
}
