import { type SQL, sql } from 'drizzle-orm';
import { connections } from '#lib/db/schema/connections';
import type { ProviderRecord } from '#lib/providers/record';

/**
 * How long a holder is silent, in seconds, before another process may show the token that it spent. Renewals come every
 * 10 s, and a process that stood still for 15 s since its proof does not show the token any more (`longestProofMs`).
 */
export const silentSeconds = 15;

/**
 * How old the proof of a process that follows may be when it writes the request, in milliseconds. It is younger than
 * others have to be: the provider forgives for so long only, and a later look may try again.
 */
export const longestFollowProofMs = 3_000;

/**
 * How long a process that follows is silent, in seconds, before the next one does. It writes its request within 3 s
 * (`longestFollowProofMs`) and renews every 2 s, so a silence of 5 s has the same meaning as one of 15 s of the first holder.
 */
export const followerSilentSeconds = 5;

/**
 * How much of the provider's leeway is kept for the way there: 3 s between proof and request (`longestFollowProofMs`), 10 s
 * for the exchange, and 5 s for clocks.
 */
const marginSeconds = 18;

/** Where a provider forgives for so long, the token is forgiven still when the lease has run out: waiting loses nothing. */
const outlastsLeaseSeconds = 300;

/**
 * Seconds of the provider's leeway within which a silent holder is followed; 0 where its record promises none, or one that
 * outlasts the lease.
 */
export function leewayOf(provider: ProviderRecord): number {
  const seconds = promisedLeeway(provider);
  return seconds < outlastsLeaseSeconds ? seconds : 0;
}

/** Seconds for which the provider forgives a spent token, whether they outlast a lease or not; 0 where it promises none. */
export const promisedLeeway = ({ rotation }: ProviderRecord): number =>
  typeof rotation === 'object' ? rotation.leeway_s : 0;

/** True while the provider forgives the token that was shown first at `spent_at`, for as long as a request takes. */
export const isForgiven = (leewaySeconds: number | SQL): SQL<boolean> =>
  sql<boolean>`(coalesce(${connections.spentAt} > clock_timestamp()
    - make_interval(secs => ${leewaySeconds}::float8 - ${sql.raw(String(marginSeconds))}), false))`;

/**
 * True while a spent token may be shown again although its holder gave no word: it has been silent, and the provider still
 * forgives. Whether it is dead or cut off does not matter then: both tokens that replace the spent one are good.
 * @param leewaySeconds of the provider (`leewayOf`)
 * @param spendingSeconds the length of a spending lease, which tells when it was renewed last
 */
export function mayBeTakenOver(leewaySeconds: number, spendingSeconds: number): SQL<boolean> {
  const { spentAt, leaseExpiresAt } = connections;
  const seconds = (count: number) => sql`make_interval(secs => ${count}::float8)`;
  // A lease that ends within half a minute may be of a new holder that spent nothing yet.
  return sql<boolean>`coalesce(${leaseExpiresAt} > clock_timestamp() + interval '30 seconds'
    and ${isForgiven(leewaySeconds)}
    and ${spentAt} < clock_timestamp() - ${seconds(silentSeconds)}
    and ${leaseExpiresAt} < clock_timestamp() + ${seconds(spendingSeconds - silentSeconds)}, false)`;
}
