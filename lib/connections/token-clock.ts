import { type SQL, sql } from 'drizzle-orm';
import { connections } from '#lib/db/schema/connections';

/** True while the access token lives by the database's clock, or where nothing is known of its end. */
export const tokenIsAlive = sql<boolean>`coalesce(${connections.accessTokenExpiresAt} > clock_timestamp(), true)`;

/**
 * True where the access token is about to end, by the database's clock: less than a minute is left, or less than a tenth
 * of its life where that is shorter.
 */
export const refreshDue: SQL<boolean> = sql<boolean>`coalesce(${connections.accessTokenExpiresAt} - clock_timestamp() <
  least(interval '1 minute', (${connections.accessTokenExpiresAt} - ${connections.accessTokenIssuedAt}) / 10), false)`;

/** True where the token is over and nothing can refresh it: the next call will find that its person is needed. */
export const isSpent = sql<boolean>`(${connections.refreshToken} is null and not ${tokenIsAlive})`;

// The same two for finding many rows: with a moment that stands still during a statement, and the columns by
// themselves, so that an index can answer. A test holds them together.
const { accessTokenExpiresAt: end, accessTokenIssuedAt: issued, refreshToken } = connections;

/** `isSpent`, as `connections_spent` keeps it. */
export const spentByIndex = sql<boolean>`(${refreshToken} is null and ${end} is not null and ${end} <= now())`;

/** `refreshDue`, with a bound for an index over the tokens' ends. */
export const dueByIndex = sql<boolean>`(${end} < now() + interval '1 minute'
  and (${issued} is null or ${end} - now() < (${end} - ${issued}) / 10))`;
