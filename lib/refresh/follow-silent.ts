import { and, eq, isNotNull, isNull, lte, not, or, sql } from 'drizzle-orm';
import { isFrozen } from '#lib/connections/frozen';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { spendings } from '#lib/db/schema/spendings';
import { AppError, isAppError } from '#lib/errors';
import type { ProviderRecord } from '#lib/providers/record';
import { answerIsLost, leaseIsFree, leaseMayBeTakenOver } from '#lib/refresh/lease';
import { refreshConnection } from '#lib/refresh/refresh';
import { isForgiven, leewayOf, promisedLeeway } from '#lib/refresh/take-over';

/** Rows of one look at a provider. The next look takes the others. */
const mostAtOnce = 100;

/** The background shows one token at most once in so many seconds. */
const shownEverySeconds = 5;

/** `spendings` has the shows of the last so many seconds; a longer leeway counts as this. */
export const longestFollowedSeconds = 3600;

const secondsAgo = (seconds: number) => sql`clock_timestamp() - make_interval(secs => ${seconds}::float8)`;

interface Followed {
  id: string;
  generation: number;
}

/**
 * A provider's connections with a token that was shown and not answered, while the provider forgives it: their holder is
 * silent, or it gave the lease back, or the lease ran out.
 */
function withoutAnswer(ctx: Context, provider: ProviderRecord): Promise<Followed[]> {
  const leeway = Math.min(promisedLeeway(provider), longestFollowedSeconds);
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
        sql`${spendings.shownAt} between ${secondsAgo(leeway)} and ${secondsAgo(shownEverySeconds)}`,
        eq(connections.provider, provider.id),
        eq(connections.status, 'connected'),
        isNotNull(connections.refreshToken),
        answerIsLost,
        isForgiven(leeway),
        leewayOf(provider) > 0
          ? or(leaseIsFree(), leaseMayBeTakenOver(leewayOf(provider)))
          : // There is time for the pauses that a provider that is ill should get.
            and(
              leaseIsFree(),
              or(isNull(connections.nextRefreshAttemptAt), lte(connections.nextRefreshAttemptAt, sql`now()`)),
            ),
        not(isFrozen),
      ),
    )
    .orderBy(spendings.shownAt)
    .limit(mostAtOnce);
}

async function follow(ctx: Context, { id, generation }: Followed): Promise<void> {
  try {
    // Its token may be fresh still: what counts is the one that was shown.
    await refreshConnection(ctx, { id, force: true, generation });
  } catch (err) {
    // The attempt is in the ledger. Another process may have had the lease.
    if (!isAppError(err)) ctx.log.error({ event: 'silent_holders_not_followed', connection: id, err });
  }
}

/** Begins to follow at these providers. Answers what it began, of which nothing rejects. */
async function beginToFollow(
  ctx: Context,
  providers: readonly ProviderRecord[],
  signal?: AbortSignal,
): Promise<Promise<void>[]> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const begun = await Promise.all(
    providers.map(async (provider) => {
      const rows = await withoutAnswer(ctx, provider);
      return signal?.aborted ? [] : rows.map((row) => follow(ctx, row));
    }),
  );
  return begun.flat();
}

/**
 * Refreshes what was left without an answer, while its provider forgives the token that was shown. A caller does the same;
 * without this one has to come by within those seconds. Any number of processes may look at once: the lease goes to one of
 * them. Nothing is asked where no provider has a leeway that is shorter than a lease.
 * @param signal begins no more
 * @throws AppError `forbidden`: only the system may
 */
export async function followSilentHolders(ctx: Context, signal?: AbortSignal): Promise<void> {
  const urgent = ctx.providers.list().filter((provider) => leewayOf(provider) > 0);
  await Promise.all(await beginToFollow(ctx, urgent, signal));
}

/**
 * The same at providers with a leeway that outlasts a lease, once the lease is over: a look each minute is often enough.
 * @param signal begins no more
 * @throws AppError `forbidden`: only the system may
 */
export async function followLostAnswers(ctx: Context, signal?: AbortSignal): Promise<void> {
  const patient = ctx.providers.list().filter((provider) => leewayOf(provider) === 0 && promisedLeeway(provider) > 0);
  await Promise.all(await beginToFollow(ctx, patient, signal));
}

/** Looks for silent holders again and again. */
export interface Follower {
  /** One look; looks never overlap. The refreshes that it begins go on by themselves, so that a slow one delays no look. */
  look(): Promise<void>;
  /** Begins nothing more, and waits for looks and refreshes under way. */
  stop(): Promise<void>;
}

/** How often each process looks, in ms. With a leeway of 60 s there are 27 s in which a silent holder's token may be shown again. */
export const followEveryMs = 3_000;

export function createFollower(ctx: Context): Follower {
  const ending = new AbortController();
  const underWay = new Set<Promise<void>>();
  let looking: Promise<void> | undefined;
  const look = async () => {
    const urgent = ctx.providers.list().filter((provider) => leewayOf(provider) > 0);
    for (const begun of await beginToFollow(ctx, urgent, ending.signal)) {
      const over = begun.finally(() => underWay.delete(over));
      underWay.add(over);
    }
  };
  return {
    look() {
      if (!ending.signal.aborted)
        looking ??= look()
          .catch((err: unknown) => ctx.log.error({ event: 'silent_holders_not_followed', err }))
          .finally(() => {
            looking = undefined;
          });
      return looking ?? Promise.resolve();
    },
    async stop() {
      ending.abort();
      await looking;
      await Promise.all(underWay);
    },
  };
}
