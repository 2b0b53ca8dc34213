import { isBulkheadRejectedError } from 'cockatiel';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import type { CallTarget } from '#lib/provider-calls/call-target';
import {
  beginTrial,
  isNotAnswering,
  notAnswering,
  type Protection,
  protectionOf,
} from '#lib/provider-calls/provider-protection';

/** So many callers of a provider that is not answering are told at once, in one burst and then in each second. */
const refusalsPerSecond = 20;
/** Further callers get their answer later, by this at most: retries must not use up the slots of other callers. */
const longestHoldMs = 1000;
/** Refusals that are held back at a time; more go out at once, so that holding them cannot fill the memory. */
const mostHeld = 1000;

/** Milliseconds for which the next refusal is held back. */
function holdMs(protection: Protection): number {
  const now = performance.now();
  const pace = 1000 / refusalsPerSecond;
  const next = Math.max(protection.refusedUntil, now - refusalsPerSecond * pace) + pace;
  protection.refusedUntil = Math.min(next, now + longestHoldMs);
  return protection.held < mostHeld ? Math.max(0, protection.refusedUntil - now) : 0;
}

/**
 * Turns a caller away from a provider that does not answer: at once, or a little later where many callers retry.
 * Holding a caller costs a timer; a refusal costs its ledger entry. Returns where the provider answers again by then.
 * @throws AppError `provider_unavailable`
 */
export async function turnAway(ctx: Context, target: CallTarget): Promise<void> {
  if (!isNotAnswering(ctx, target)) return;
  const protection = protectionOf(ctx, target);
  const ms = holdMs(protection);
  if (ms > 0) {
    protection.held += 1;
    await new Promise((resolve) => setTimeout(resolve, ms));
    protection.held -= 1;
  }
  if (isNotAnswering(ctx, target)) throw notAnswering(ctx, target);
}

/**
 * Does something that calls the provider as soon as one of this process's slots for its host is free. Take it before a
 * lease: a waiting caller holds nothing, and waits for `patienceMs` at most.
 * @throws AppError `provider_unavailable`: without waiting for a slot where the provider is not answering (`turnAway`)
 *   or too many wait already
 */
export async function inSlot<T>(
  ctx: Context,
  target: CallTarget,
  patienceMs: number,
  work: () => Promise<T>,
): Promise<T> {
  await turnAway(ctx, target);
  const protection = protectionOf(ctx, target);
  const waiting = new AbortController();
  const outOfPatience = Promise.withResolvers<never>();
  const giveUp = () => {
    waiting.abort();
    outOfPatience.reject(new AppError('provider_unavailable', { retryAfterSeconds: 2 }));
  };
  const timer = setTimeout(giveUp, Math.max(0, patienceMs));
  const whenFree = async () => {
    clearTimeout(timer);
    // Asked again at each turn: callers that waited while it broke get their answer at once too.
    if (isNotAnswering(ctx, target)) throw notAnswering(ctx, target);
    const endTrial = beginTrial(ctx, target);
    return endTrial ? work().finally(endTrial) : work();
  };
  try {
    return await Promise.race([protection.slots.execute(whenFree, waiting.signal), outOfPatience.promise]);
  } catch (error) {
    if (!isBulkheadRejectedError(error)) throw error;
    throw new AppError('provider_unavailable', { cause: error, retryAfterSeconds: 2 });
  } finally {
    clearTimeout(timer);
  }
}
