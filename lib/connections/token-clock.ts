import { type SQL, sql } from 'drizzle-orm';
import { connections } from '#lib/db/schema/connections';

/**
 * True where the stored end of the access token is not to be believed, although a refresh would bring a new one: it was
 * stored by a clock that is ahead of the database's now, or before that clock was seen to go back. A clock that goes back
 * lets every token seem to live longer. A few seconds are what clocks of servers differ by.
 */
export const endIsUntrusted = sql<boolean>`(${connections.refreshToken} is not null and coalesce(
  ${connections.accessTokenIssuedAt} > clock_timestamp() + interval '5 seconds'
  or ${connections.accessTokenIssuedAt} < (select clock_went_back_at from instance), false))`;

/**
 * True while the access token lives by the database's clock, or where its end is not known. A token with an end that is
 * not to be believed counts as over.
 */
export const tokenIsAlive = sql<boolean>`(${connections.accessTokenExpiresAt} is null
  or (${connections.accessTokenExpiresAt} > clock_timestamp() and not ${endIsUntrusted}))`;

/**
 * True where the access token is about to end, by the database's clock: less than a minute is left, or less than a tenth
 * of its life where that is shorter; or where its stored end is not to be believed.
 */
export const refreshDue: SQL<boolean> = sql<boolean>`(${connections.accessTokenExpiresAt} is not null
  and (${connections.accessTokenExpiresAt} - clock_timestamp() <
    least(interval '1 minute', (${connections.accessTokenExpiresAt} - ${connections.accessTokenIssuedAt}) / 10)
  or ${endIsUntrusted}))`;

/** True where the token is over and nothing can refresh it: the next call will find that its person is needed. */
export const isSpent = sql<boolean>`(${connections.refreshToken} is null
  and coalesce(${connections.accessTokenExpiresAt} <= clock_timestamp(), false))`;

// The same two for finding many rows: with a moment that stands still during a statement, and the columns by
// themselves, so that an index can answer. A test holds them together. They go by the stored ends alone: after a clock
// went back, they find tokens with unbelievable ends when these come to be refreshed.
const { accessTokenExpiresAt: end, accessTokenIssuedAt: issued, refreshToken } = connections;

/** `isSpent`, as `connections_spent` keeps it. */
export const spentByIndex = sql<boolean>`(${refreshToken} is null and ${end} is not null and ${end} <= now())`;

/** `refreshDue`, with a bound for an index over the tokens' ends. */
export const dueByIndex = sql<boolean>`(${end} < now() + interval '1 minute'
  and (${issued} is null or ${end} - now() < (${end} - ${issued}) / 10))`;
