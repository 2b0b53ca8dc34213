import { isBulkheadRejectedError } from 'cockatiel';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import type { CallTarget } from '#lib/provider-calls/call-target';
import { noteAnswer, noteFailure } from '#lib/provider-calls/learn-from-call';
import {
  beginTrial,
  isNotAnswering,
  isPaused,
  notAnswering,
  type Protection,
  protectionOf,
} from '#lib/provider-calls/protections';

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

/** Nothing was asked: another call had just found that the provider is not answering, or a freeze was set. */
export class NotAsked extends Error {
  override readonly name = 'NotAsked';
  readonly answer: AppError;
  constructor(answer: AppError) {
    super('The provider was not asked.');
    this.answer = answer;
  }
}

/**
 * Asks the provider, unless its circuit has opened meanwhile, and learns from how it went.
 * @throws NotAsked, or what the call throws
 */
export type Ask = <T>(call: () => Promise<T>) => Promise<T>;

const askingOf =
  (ctx: Context, target: CallTarget): Ask =>
  async (call) => {
    const protection = protectionOf(ctx, target);
    if (isPaused(protection, target.account)) throw new NotAsked(notAnswering(ctx, target));
    try {
      const value = await call();
      noteAnswer(ctx, protection, target.account);
      return value;
    } catch (error) {
      noteFailure(ctx, protection, target.account, error);
      throw error;
    }
  };

/**
 * Calls a provider under its protections; docs/architecture.md lists all that call one. It waits until a slot of the host
 * is free, for `patienceMs` at most, and goes no further while the circuit of the host or of the account is open. A
 * waiting caller holds nothing: take a lease in `work`, and ask there.
 * @param work gets the only means to ask with, so that the circuits learn from no call that has no slot
 * @throws AppError `provider_unavailable`: without waiting for a slot where the provider is not answering (`turnAway`)
 *   or too many wait already
 */
export async function callProtected<T>(
  ctx: Context,
  target: CallTarget,
  patienceMs: number,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  await turnAway(ctx, target);
  const { slots } = protectionOf(ctx, target);
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
    const worked = work(askingOf(ctx, target));
    return endTrial ? worked.finally(endTrial) : worked;
  };
  try {
    return await Promise.race([slots.execute(whenFree, waiting.signal), outOfPatience.promise]);
  } catch (error) {
    if (!isBulkheadRejectedError(error)) throw error;
    throw new AppError('provider_unavailable', { cause: error, retryAfterSeconds: 2 });
  } finally {
    clearTimeout(timer);
  }
}
