import { RateLimiterDrizzle, RateLimiterRes } from 'rate-limiter-flexible';
import type { Context, Runtime } from '#lib/context';
import { rateLimits } from '#lib/db/schema/rate-limits';
import { AppError } from '#lib/errors';
import { networkOf } from '#lib/ledger/fold-refusals';

/** Tries a minute of one session, or of nobody in particular from one network. Generous for offices behind one address, tight for machines. */
const perMinute = { sign_in: 60, start: 120, callback: 240 } as const;
/** For which tries are counted together. */
const countedSeconds = 60;
export type LimitedAct = keyof typeof perMinute;

const limiters = new WeakMap<Runtime['database'], Map<LimitedAct, RateLimiterDrizzle>>();

function limiterFor(ctx: Context, act: LimitedAct): RateLimiterDrizzle {
  const ofDatabase = limiters.get(ctx.database) ?? new Map<LimitedAct, RateLimiterDrizzle>();
  limiters.set(ctx.database, ofDatabase);
  const known = ofDatabase.get(act);
  if (known) return known;
  const limiter = new RateLimiterDrizzle({
    storeClient: ctx.database.db,
    schema: rateLimits,
    points: perMinute[act],
    duration: countedSeconds,
    keyPrefix: act,
    // Expired counters are removed by the minute's job.
    clearExpiredByTimeout: false,
  });
  ofDatabase.set(act, limiter);
  return limiter;
}

/**
 * Whose tries are counted together. Who is signed in is counted alone: whoever shares an office with an administrator, and
 * sends there what nobody needs to sign in for, could else keep them from the sign-in that thawing and revoking ask for.
 * By session: who signs in anew is not counted with somebody who stole the session before.
 */
function askerOf({ actor, ip }: Context): string | null {
  if (actor.type === 'person') return actor.sessionId;
  // Where only Next runs nobody knows the address; one shared counter would let anybody lock everybody out.
  return ip === null ? null : networkOf(ip);
}

/**
 * Counts one try of the caller, across all processes.
 * @throws AppError `rate_limited` with the seconds to wait
 */
export async function limitRate(ctx: Context, act: LimitedAct): Promise<void> {
  const asker = askerOf(ctx);
  if (asker === null) return;
  const limiter = limiterFor(ctx, act);
  try {
    await limiter.consume(asker);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    // Counted by a clock that was ahead: it would refuse until that time is reached.
    if (refusal.msBeforeNext > 2 * countedSeconds * 1000) {
      await limiter.delete(asker);
      return;
    }
    throw new AppError('rate_limited', { retryAfterSeconds: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) });
  }
}
