import { and, eq } from 'drizzle-orm';
import type { TokenLife } from '#lib/connections/token-life';
import { secondsAfter } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { type ClockReading, databaseTime } from '#lib/db/clock';
import { connections } from '#lib/db/schema/connections';
import { type StoreOutcome, storeLate } from '#lib/refresh/late-answer';
import type { Lease } from '#lib/refresh/lease';
import { keepRecent } from '#lib/refresh/recent-answers';
import { type HeldAnswer, storeAnswer } from '#lib/refresh/store-answers';

/**
 * Tries once to store a refresh answer; trying again does no harm, even where an earlier attempt was committed. The
 * generation is the fence, not the lease: an answer that comes after its lease ran out still holds the newest token,
 * unless somebody stored a newer one.
 */
export async function storeRefreshed(ctx: Context, held: HeldAnswer): Promise<StoreOutcome> {
  const outcome = (await storeAnswer(ctx, held)) ? 'stored' : await storeLate(ctx, held);
  if (outcome === 'stored') keepRecent(ctx, held);
  return outcome;
}

/**
 * Corrects the end of a token that was stored by default, once its life was learnt from the provider. A token stored
 * since then is not touched.
 */
export async function storeLearntLife(
  ctx: Context,
  lease: Lease,
  { seconds, from }: TokenLife,
  clock: ClockReading,
): Promise<void> {
  await ctx.database.db
    .update(connections)
    .set({ accessTokenExpiresAt: secondsAfter(databaseTime(clock, from), seconds) })
    .where(
      and(
        eq(connections.personId, lease.personId),
        eq(connections.id, lease.id),
        eq(connections.generation, lease.generation + 1),
        eq(connections.status, 'connected'),
      ),
    );
}
