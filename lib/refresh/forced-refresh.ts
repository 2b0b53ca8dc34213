import { and, eq, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { type ConnectionKey, held, type Lease } from '#lib/refresh/lease';

/** A token is refreshed before it is due at most once in so many seconds, whichever keys ask for it. */
export const forcedEverySeconds = 30;

const lately = sql`greatest(${connections.forcedAt}, ${connections.lastRefreshedAt})`;

/**
 * Seconds until the row may be refreshed again before it is due, by the database's clock. A token that was refreshed
 * just now counts as well: one that its provider refuses at once is not mended by another. A moment in the future is of a
 * clock that was wrong, and counts as none.
 */
export const forcedWait = sql<number>`coalesce(case when ${lately} <= clock_timestamp() then
  greatest(0, extract(epoch from ${lately} - clock_timestamp()) + ${sql.raw(String(forcedEverySeconds))}) end, 0)::float8`;

/** Notes under the lease that the row is refreshed before it is due. False where that was so a moment ago. */
export async function noteForced(ctx: Context, lease: Lease): Promise<boolean> {
  const noted = await ctx.database.db
    .update(connections)
    .set({ forcedAt: sql`clock_timestamp()` })
    .where(and(held(lease), sql`${forcedWait} = 0`))
    .returning({ id: connections.id });
  return noted.length === 1;
}

/** The same for a token that cannot be refreshed, about which the provider is asked instead. */
export async function noteCheck(ctx: Context, { personId, id }: ConnectionKey): Promise<boolean> {
  const noted = await ctx.database.db
    .update(connections)
    .set({ forcedAt: sql`clock_timestamp()` })
    .where(and(eq(connections.personId, personId), eq(connections.id, id), sql`${forcedWait} = 0`))
    .returning({ id: connections.id });
  return noted.length === 1;
}

/** The answer to a caller who forces a refresh too soon. */
export const refreshedLately = (seconds: number): AppError =>
  new AppError('refreshed_lately', { retryAfterSeconds: Math.max(1, Math.ceil(seconds)) });
