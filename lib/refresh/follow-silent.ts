import { and, eq, not, sql } from 'drizzle-orm';
import { isFrozen } from '#lib/connections/frozen';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { spendings } from '#lib/db/schema/spendings';
import { AppError, isAppError } from '#lib/errors';
import type { ProviderRecord } from '#lib/providers/record';
import { leaseMayBeTakenOver } from '#lib/refresh/lease';
import { refreshConnection } from '#lib/refresh/refresh';
import { leewayOf } from '#lib/refresh/take-over';

/** Rows of one look at a provider. The next look takes the others. */
const mostAtOnce = 100;

/** A provider's connections with a silent holder, while the provider forgives the token that was shown. */
function silentHeld(ctx: Context, provider: ProviderRecord) {
  const leeway = leewayOf(provider);
  return ctx.database.db
    .select({ id: connections.id, generation: connections.generation })
    .from(spendings)
    .innerJoin(
      connections,
      and(eq(connections.personId, spendings.personId), eq(connections.id, spendings.connectionId)),
    )
    .where(
      and(
        eq(spendings.provider, provider.id),
        sql`${spendings.shownAt} > clock_timestamp() - make_interval(secs => ${leeway}::float8)`,
        eq(connections.provider, provider.id),
        eq(connections.status, 'connected'),
        leaseMayBeTakenOver(leeway),
        not(isFrozen),
      ),
    )
    .orderBy(spendings.shownAt)
    .limit(mostAtOnce);
}

/**
 * Refreshes what a silent holder of a lease left without an answer, while its provider forgives the token that was shown. A
 * caller does the same; without this one has to come by within those seconds. Any number of processes may look at once: the
 * lease goes to one of them. Nothing is asked where no provider has such a leeway.
 * @param signal begins no more
 * @throws AppError `forbidden`: only the system may
 */
export async function followSilentHolders(ctx: Context, signal?: AbortSignal): Promise<void> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const followed = ctx.providers.list().filter((provider) => leewayOf(provider) > 0);
  await Promise.all(
    followed.map(async (provider) => {
      const rows = await silentHeld(ctx, provider);
      await Promise.all(
        rows.map(async ({ id, generation }) => {
          if (signal?.aborted) return;
          try {
            // Its token may be fresh still: what counts is the one that was shown.
            await refreshConnection(ctx, { id, force: true, generation });
          } catch (error) {
            // The attempt is in the ledger. Another process may have had the lease.
            if (!isAppError(error)) throw error;
          }
        }),
      );
    }),
  );
}

/** Looks for silent holders again and again. */
export interface Follower {
  /** One look; looks never overlap. */
  look(): Promise<void>;
  /** Begins nothing more, and waits for the look under way. */
  stop(): Promise<void>;
}

/** How often each process looks, in ms. With a leeway of 60 s there are 15 s in which a token may be shown again. */
export const followEveryMs = 3_000;

export function createFollower(ctx: Context): Follower {
  const ending = new AbortController();
  let looking: Promise<void> | undefined;
  return {
    look() {
      if (!ending.signal.aborted)
        looking ??= followSilentHolders(ctx, ending.signal)
          .catch((err: unknown) => ctx.log.error({ event: 'silent_holders_not_followed', err }))
          .finally(() => {
            looking = undefined;
          });
      return looking ?? Promise.resolve();
    },
    async stop() {
      ending.abort();
      await looking;
    },
  };
}
