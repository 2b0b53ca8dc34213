import { sql } from 'drizzle-orm';
import type { AlertDetailView } from '#lib/alerts/views';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { rowsOf } from '#lib/db/database';
import { personOfConnection } from '#lib/ids';
import { entriesOf, namedConnections } from '#lib/incidents/entries';

/** The connections that an incident touches, at most `limit` of them, with the ids of their people. */
export async function touchedConnections(
  ctx: Context,
  alert: AlertDetailView,
  limit: number,
): Promise<{ id: string; person: string }[]> {
  const { db } = ctx.database;
  const entries = entriesOf(alert, await databaseNow(db));
  const ids = entries
    ? rowsOf<{ id: string }>(
        await db.execute(sql`select distinct l.connection_id as id from ledger l
          where ${entries.where} and l.connection_id is not null limit ${limit}`),
      ).map(({ id }) => id)
    : namedConnections(alert).slice(0, limit);
  return ids.flatMap((id) => {
    const person = personOfConnection(id);
    return person ? [{ id, person }] : [];
  });
}
