import { z } from 'zod';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { personOfConnection } from '#lib/ids';
import { parseInput } from '#lib/parse-input';
import { refreshInFlight, shareRefresh } from '#lib/refresh/in-flight';
import { leadRefresh } from '#lib/refresh/lead-refresh';

export const refreshConnectionInput = z.object({
  id: z.string().max(64),
  /** Refreshes a token that is not due. */
  force: z.boolean().default(false),
  /** Forces it at most once in 30 s: a service asked for it, and may do so again and again. */
  sparing: z.boolean().default(false),
  /** Does so only while the stored token is of this generation: a newer one is what was wanted. */
  generation: z.int().optional(),
});
export type RefreshConnectionInput = z.input<typeof refreshConnectionInput>;

/**
 * How long a caller waits for this process: for a slot, for the provider, and a little for the database. Where the database
 * does not take the answer, callers are told at once, and the answer is held (`holdOutcome`).
 */
const longestWaitMs = 30_000;

/**
 * Makes sure that the connection's token is fresh. Callers of one process share one call, callers of several processes
 * one lease. No transaction is open while the provider is asked.
 * @throws AppError `not_found`, `revoked`, `frozen`, `needs_reconnect`, `refresh_in_progress`, `provider_unavailable`,
 *   `provider_configuration`, `grant_in_doubt`, and `refreshed_lately` where it was forced too soon
 */
export async function refreshConnection(ctx: Context, input: RefreshConnectionInput): Promise<void> {
  const { actor } = ctx;
  const allowed = actor.type === 'system' || (actor.type === 'api_key' && actor.scopes.includes('tokens:vend'));
  if (!allowed) throw new AppError('forbidden');
  const { id, force, sparing, generation } = parseInput(refreshConnectionInput, input);
  const personId = personOfConnection(id);
  if (!personId) throw new AppError('not_found');
  // A caller that forces a refresh must not join one that may find nothing due, or that replaces an older token.
  const name = force ? `${id} forced ${generation} ${sparing}` : id;
  const refresh =
    refreshInFlight(ctx, name) ??
    shareRefresh(ctx, name, leadRefresh(ctx, { personId, id }, { force, sparing, generation }));
  return withinPatience(refresh);
}

/** The result, or after `longestWaitMs` when to come back. */
async function withinPatience(work: Promise<void>): Promise<void> {
  const outOfPatience = Promise.withResolvers<never>();
  const told = new AppError('refresh_in_progress', { retryAfterSeconds: 2 });
  const timer = setTimeout(() => outOfPatience.reject(told), longestWaitMs);
  return Promise.race([work, outOfPatience.promise]).finally(() => clearTimeout(timer));
}
