import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import type { ConnectionKey } from '#lib/refresh/lease';

/**
 * Whether a standby took over since the connection's row was refreshed or connected, or at that very moment: the row may
 * lack a newer token, which is lost then. A grant that ends is lost, not stolen.
 */
export async function historyLost(db: Db, key: ConnectionKey): Promise<boolean> {
  const since = sql`greatest(${connections.lastRefreshedAt}, ${connections.connectedAt})`;
  const [row] = await db
    .select({
      lost: sql<boolean>`exists (select 1 from ${ledger}
        where ${ledger.action} = 'instance.promoted' and ${ledger.at} >= ${since})`,
    })
    .from(connections)
    .where(and(eq(connections.personId, key.personId), eq(connections.id, key.id)));
  return row?.lost === true;
}
