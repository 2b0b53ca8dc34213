import { and, lt, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { alertCounts, alerts, keyNetworks } from '#lib/db/schema/alerts';
import { eventHours, keyDays } from '#lib/db/schema/counts';

/**
 * Removes counts that no window reaches back to, counts of hours a month ago, of a key's
 * days a year ago, networks that a key has left for half a
 * year, and alerts that have been over for more than a year, with the addresses and notes they hold. The last network
 * of a key stays: a key without a known network would take a thief's network as its first.
 */
export async function purgeAlerts({ database: { db } }: Context): Promise<void> {
  await deleteInPages(db, alertCounts, lt(alertCounts.bucket, sql`now() - interval '25 hours'`));
  await deleteInPages(db, eventHours, lt(eventHours.hour, sql`now() - interval '32 days'`));
  await deleteInPages(db, keyDays, lt(keyDays.day, sql`(now() - interval '400 days')::date`));
  const left = sql`exists (select 1 from key_networks later where later.api_key_id = ${keyNetworks.apiKeyId}
    and (later.last_seen_at, later.network) > (${keyNetworks.lastSeenAt}, ${keyNetworks.network}))`;
  await deleteInPages(db, keyNetworks, and(lt(keyNetworks.lastSeenAt, sql`now() - interval '180 days'`), left));
  await deleteInPages(db, alerts, lt(alerts.resolvedAt, sql`now() - interval '400 days'`));
}
