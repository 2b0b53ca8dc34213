import { and, eq, inArray, isNotNull, isNull, not, or, sql } from 'drizzle-orm';
import { isFrozen } from '#lib/connections/frozen';
import { secondsFromNow } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import type { ClockReading } from '#lib/db/clock';
import { type Db, rowsOf } from '#lib/db/database';
import { createGrouped, oncePerDatabase } from '#lib/db/grouped';
import { connections } from '#lib/db/schema/connections';
import { historyIsUnsettled, withTimeline } from '#lib/db/timeline';
import { newSecret } from '#lib/ids';
import type { ProviderRecord } from '#lib/providers/record';
import {
  followerSilentSeconds,
  isForgiven,
  mayBeTakenOver,
  promisedLeeway,
  silentSeconds,
} from '#lib/refresh/take-over';
import { type Moment, momentNow } from '#lib/running-time';

/** The value of `last_refresh_error` from the moment the refresh token may be spent until the answer is stored. */
export const answerLost = 'answer_lost';

/** Failures without a coded answer: the provider may have rotated the token although we never read the new one. */
export const lossy: ReadonlySet<string> = new Set([
  answerLost,
  'provider_timeout',
  'provider_unavailable',
  'token_answer_invalid',
  'answer_too_large',
  'redirect_refused',
]);

/** While nothing was spent yet: longer than a turn at the provider takes to come. */
export const leaseEnd = sql`clock_timestamp() + interval '30 seconds'`;

/**
 * While the refresh token may be spent. Its holder may have the only copy of the new one and be cut off from the
 * database, which looks the same as its death. Showing the spent token meanwhile would end the grant. So others wait
 * for longer than most cuts last, and a holder that can reach the database says when it is done.
 */
const spendingSeconds = 180;
const spendingEnd = sql`clock_timestamp() + make_interval(secs => ${spendingSeconds}::float8)`;

/**
 * The same for a process that follows a silent holder, so that it counts as silent sooner. The holder had been silent for
 * longer than the difference, so it keeps its three minutes.
 */
const followingEnd = sql`clock_timestamp()
  + make_interval(secs => ${spendingSeconds - silentSeconds + followerSilentSeconds}::float8)`;

/**
 * True where the holder of a spending lease did not renew it for half a minute: it is cut off, stands still or is dead. One
 * that ends within half a minute is worth waiting for, and may be of a new holder that spent nothing yet.
 */
export const holderIsSilent = sql<boolean>`coalesce(${connections.lastRefreshError} = ${answerLost}
  and ${connections.leaseExpiresAt} > clock_timestamp() + interval '30 seconds'
  and ${connections.leaseExpiresAt} < clock_timestamp() + make_interval(secs => ${spendingSeconds - 30}::float8), false)`;

/** True where nothing came of showing the row's refresh token, as far as its last holder knows. */
export const answerIsLost = inArray(connections.lastRefreshError, [...lossy]);

/** Names one row on the key that every hot query carries. */
export interface ConnectionKey {
  personId: string;
  id: string;
}

/**
 * The order in which a statement over several rows comes by them, so that two such statements do not wait for each
 * other.
 */
export function inKeyOrder(a: ConnectionKey, b: ConnectionKey): number {
  if (a.personId !== b.personId) return a.personId < b.personId ? -1 : 1;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/** The right to refresh one connection: its holder may spend the refresh token it was read with. */
export interface Lease extends ConnectionKey {
  owner: string;
  /** The generation under which it was taken. Whatever is written later holds only if it is still the row's. */
  generation: number;
  /**
   * Set where it was taken over from a silent holder: the seconds for which the provider forgives the token that was shown.
   * That holder may live and have the only copy of the new one, so such a lease never ends earlier than its own.
   */
  forgivenSeconds?: number;
}

/**
 * Seconds that the stored access token lives in all; null where nothing is known of its end. 0 says that a life was told
 * of which nothing was left.
 */
export const knownLife = sql<number | null>`case when ${connections.accessTokenExpiresAt} is not null then
  greatest(0, extract(epoch from ${connections.accessTokenExpiresAt} - ${connections.accessTokenIssuedAt}))::float8 end`;

const leased = {
  personId: connections.personId,
  id: connections.id,
  provider: connections.provider,
  issuer: connections.issuer,
  subject: connections.subject,
  accountParams: connections.accountParams,
  refreshToken: connections.refreshToken,
  generation: connections.generation,
  lastRefreshError: connections.lastRefreshError,
  refreshFailures: connections.refreshFailures,
  scopesGranted: connections.scopesGranted,
  knownLife,
  /** Which grant it is, by the database's clock: every reconnect brings a new one. */
  connectedAt: sql<string>`${connections.connectedAt}::text`,
};

/** What the holder of a lease reads with it. */
export type LeasedRow = Awaited<ReturnType<typeof selectLeased>>[number];
const selectLeased = (db: Db) => db.select(leased).from(connections);

/** A lease that was taken, and its row as it was then. */
export interface Leased {
  lease: Lease;
  row: LeasedRow;
}

export const newLeaseOwner = (ctx: Context): string => `${ctx.processId}:${newSecret()}`;

/** True where the row's lease has no holder, by the database's clock. */
export const leaseIsFree = () =>
  or(isNull(connections.leaseOwner), sql`${connections.leaseExpiresAt} <= clock_timestamp()`);

/**
 * True where the holder of the lease is silent while the provider forgives the token that it spent.
 * @param leewaySeconds of the provider (`leewayOf`)
 */
export const leaseMayBeTakenOver = (leewaySeconds: number) => mayBeTakenOver(leewaySeconds, spendingSeconds);

/**
 * Takes the lease of a row that was read as needing a refresh, in one compare-and-set. The lease must be free, the row
 * not refreshed since, and not frozen while its caller waited for a slot. Undefined otherwise; reading the row again
 * then tells which.
 * @param forgivenSeconds takes the lease of a silent holder, within that leeway of the provider (`leewayOf`)
 */
export async function takeLease(
  ctx: Context,
  key: ConnectionKey,
  generation: number,
  forgivenSeconds = 0,
): Promise<Leased | undefined> {
  const owner = newLeaseOwner(ctx);
  const takesOver = forgivenSeconds > 0;
  const [row] = await ctx.database.db
    .update(connections)
    .set({ leaseOwner: owner, leaseExpiresAt: takesOver ? followingEnd : leaseEnd })
    .where(
      and(
        eq(connections.personId, key.personId),
        eq(connections.id, key.id),
        eq(connections.status, 'connected'),
        isNotNull(connections.refreshToken),
        takesOver ? leaseMayBeTakenOver(forgivenSeconds) : leaseIsFree(),
        eq(connections.generation, generation),
        not(isFrozen),
      ),
    )
    .returning(leased);
  const lease = row && { ...key, owner, generation: row.generation, ...(takesOver ? { forgivenSeconds } : {}) };
  return lease && { lease, row };
}

/** True while the row has this lease still, of the generation under which it was taken. */
export const held = (lease: Lease) =>
  and(
    eq(connections.personId, lease.personId),
    eq(connections.id, lease.id),
    eq(connections.leaseOwner, lease.owner),
    eq(connections.generation, lease.generation),
    eq(connections.status, 'connected'),
  );

/** A spending that was begun. */
export interface Begun {
  /** Before it was asked for: the proof is as old as that at most. */
  provedAt: Moment;
  /** What the database's clock said meanwhile. */
  clock: ClockReading;
}

/** A lease, and whether other processes follow where its answer is lost (`promisedLeeway`). */
type Beginning = Lease & { followed: boolean };

const begins = oncePerDatabase('begin-spending', (database) =>
  createGrouped(async (leases: Beginning[]): Promise<(Begun | undefined)[]> => {
    const asked = leases.map((lease, n) => ({ n, ...lease })).sort(inKeyOrder);
    const provedAt = momentNow();
    const begun = await withTimeline(database, (timeline) =>
      database.db.execute(sql`with begun as (update connections
      set lease_expires_at = case when lease."forgivenSeconds" is null then ${spendingEnd} else ${followingEnd} end,
        last_refresh_error = ${answerLost},
        spent_at = case when last_refresh_error in (${sql.join(
          [...lossy].map((code) => sql`${code}`),
          sql`, `,
        )})
          then coalesce(spent_at, clock_timestamp()) else clock_timestamp() end
      from jsonb_to_recordset(${JSON.stringify(asked)}::text::jsonb)
        as lease(n integer, "personId" text, id text, owner text, generation integer, "forgivenSeconds" float8,
          followed boolean)
      where connections.person_id = lease."personId" and connections.id = lease.id
        and connections.lease_owner = lease.owner and connections.generation = lease.generation
        and (lease."forgivenSeconds" is null or ${isForgiven(sql`lease."forgivenSeconds"`)})
        and connections.status = 'connected' and not ${isFrozen} and not ${historyIsUnsettled(timeline)}
      returning lease.n, lease.followed, connections.person_id, connections.id, connections.provider, clock_timestamp() as at),
      noted as (insert into spendings (person_id, connection_id, provider, shown_at)
        select person_id, id, provider, at from begun where followed
        on conflict (person_id, connection_id) do update set provider = excluded.provider, shown_at = excluded.shown_at)
      select n, extract(epoch from at)::float8 as now from begun`),
    );
    const local = performance.now();
    const ours = new Map(rowsOf<{ n: number; now: number }>(begun).map(({ n, now }) => [n, now]));
    return leases.map((_, n) => {
      const now = ours.get(n);
      return now === undefined ? undefined : { provedAt, clock: { database: now, local } };
    });
  }),
);

/**
 * The last write before the refresh token is spent. It proves that the row can be written, gives the call its whole
 * lease, and notes that the answer is lost, which is true until it is stored: a process that dies here leaves the row
 * saying so. Undefined where the lease is no longer ours, a freeze was set while this waited for its turn, the provider
 * may forgive a silent holder's token no more, or a standby has just taken over and the rows may be older than their
 * tokens. Refreshes that begin at the same time share a statement.
 * @param provider tells whether it forgives a lost answer, so that others follow; then `spendings` says where
 */
export const beginSpending = (ctx: Context, lease: Lease, provider: ProviderRecord): Promise<Begun | undefined> =>
  begins(ctx.database).add({ ...lease, followed: promisedLeeway(provider) > 0 });

/** Gives the lease the whole time of a spending again. False where it is no longer ours. */
export async function renewLease(ctx: Context, lease: Lease): Promise<boolean> {
  const renewed = await ctx.database.db
    .update(connections)
    .set({ leaseExpiresAt: lease.forgivenSeconds === undefined ? spendingEnd : followingEnd })
    .where(held(lease))
    .returning({ id: connections.id });
  return renewed.length === 1;
}

/** A failed attempt, and the seconds for which callers who can wait should not try again. */
export interface BackOff {
  failures: number;
  seconds: number;
}

/**
 * Gives the lease back with why nothing was stored, if it is still ours. False where it is not. One that was taken over from
 * a silent holder runs on while the row holds the token that was shown: that holder may live. It counts as silent at once,
 * so that another process may follow within the leeway. The first holder was silent for as long when this lease was taken,
 * so it keeps its three minutes.
 */
export async function releaseLease(
  db: Db,
  lease: Lease,
  lastRefreshError: string | null,
  backOff?: BackOff,
): Promise<boolean> {
  const later = backOff && {
    refreshFailures: backOff.failures,
    nextRefreshAttemptAt: secondsFromNow(backOff.seconds),
  };
  const runsOn =
    lease.forgivenSeconds === undefined ? sql`false` : sql`${connections.generation} = ${lease.generation}`;
  const released = await db
    .update(connections)
    .set({
      leaseOwner: sql`case when ${runsOn} then ${connections.leaseOwner} end`,
      leaseExpiresAt: sql`case when ${runsOn} then least(${connections.leaseExpiresAt},
        clock_timestamp() + make_interval(secs => ${spendingSeconds - silentSeconds}::float8)) end`,
      lastRefreshError,
      ...later,
    })
    .where(
      and(
        eq(connections.personId, lease.personId),
        eq(connections.id, lease.id),
        eq(connections.leaseOwner, lease.owner),
      ),
    )
    .returning({ id: connections.id });
  return released.length === 1;
}

/**
 * Marks the connection as needing its person, if nothing has changed since the lease was taken. This condition is the
 * re-reading of the row: a dead answer that a race of our own explains marks nothing.
 */
export async function endLeaseDead(db: Db, lease: Lease, reason: string, lastRefreshError: string): Promise<boolean> {
  const marked = await db
    .update(connections)
    .set({ status: 'needs_reconnect', statusReason: reason, leaseOwner: null, leaseExpiresAt: null, lastRefreshError })
    .where(held(lease))
    .returning({ id: connections.id });
  return marked.length === 1;
}
