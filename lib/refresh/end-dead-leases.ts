import { and, isNotNull, sql } from 'drizzle-orm';
import type { Runtime } from '#lib/context';
import { connections } from '#lib/db/schema/connections';

/** For so long a request of a process that is dead may still be on its way to the provider, in seconds. */
const onItsWaySeconds = 15;

/**
 * Ends the leases of processes that are dead. On the embedded database every lease that a starting process finds is one
 * of those: the lock on the data folder, which the kernel frees, lets one process in at a time. On PostgreSQL nothing
 * proves a death, so leases end by themselves there. Call it before the process begins a refresh.
 */
export async function endDeadLeases({ database }: Runtime): Promise<void> {
  if (database.engine !== 'pglite') return;
  const arrived = sql`coalesce(${connections.spentAt} + make_interval(secs => ${onItsWaySeconds}::float8),
    clock_timestamp())`;
  await database.db
    .update(connections)
    .set({ leaseExpiresAt: sql`least(${connections.leaseExpiresAt}, greatest(${arrived}, clock_timestamp()))` })
    .where(and(isNotNull(connections.leaseOwner), sql`${connections.leaseExpiresAt} > clock_timestamp()`));
}
