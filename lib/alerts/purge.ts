import { lt, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { alertCounts, alerts, keyNetworks } from '#lib/db/schema/alerts';

/**
 * Removes counts that no window reaches back to, networks that a key has not been seen in for half a year, and alerts that
 * have been over for more than a year, with the addresses and notes they hold.
 */
export async function purgeAlerts({ database }: Context): Promise<void> {
  await database.db.delete(alertCounts).where(lt(alertCounts.bucket, sql`now() - interval '25 hours'`));
  await database.db.delete(keyNetworks).where(lt(keyNetworks.lastSeenAt, sql`now() - interval '180 days'`));
  await database.db.delete(alerts).where(lt(alerts.resolvedAt, sql`now() - interval '400 days'`));
}
