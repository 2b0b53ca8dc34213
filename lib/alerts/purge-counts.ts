import { lt, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { alertCounts, keyNetworks } from '#lib/db/schema/alerts';

/** Removes counts that no window reaches back to, and networks that a key has not been seen in for half a year. */
export async function purgeAlertCounts({ database }: Context): Promise<void> {
  await database.db.delete(alertCounts).where(lt(alertCounts.bucket, sql`now() - interval '25 hours'`));
  await database.db.delete(keyNetworks).where(lt(keyNetworks.lastSeenAt, sql`now() - interval '180 days'`));
}
