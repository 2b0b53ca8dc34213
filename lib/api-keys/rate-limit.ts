import { RateLimiterDrizzle, RateLimiterRes } from 'rate-limiter-flexible';
import type { Context, Runtime } from '#lib/context';
import { rateLimits } from '#lib/db/schema/rate-limits';
import { AppError } from '#lib/errors';
import { prefixOf } from '#lib/ledger/fold-refusals';

/** Tries a minute of one session, or of anonymous requests from one address: tight for machines. */
const perMinute = {
  sign_in: 60,
  start: 120,
  callback: 240,
  provider_check: 10,
  policy_report: 60,
  user_code: 20,
} as const;
/** For which tries are counted together. */
const countedSeconds = 60;
export type LimitedAct = keyof typeof perMinute;

/** Tries of a whole network, in those of one address: an office full of people, and few machines for a flood. */
const addressesPerNetwork = 10;

const limiters = new WeakMap<Runtime['database'], Map<string, RateLimiterDrizzle>>();

function limiterFor(ctx: Context, act: LimitedAct, asker: 'one' | 'network'): RateLimiterDrizzle {
  const ofDatabase = limiters.get(ctx.database) ?? new Map<string, RateLimiterDrizzle>();
  limiters.set(ctx.database, ofDatabase);
  const keyPrefix = asker === 'one' ? act : `${act}-network`;
  const known = ofDatabase.get(keyPrefix);
  if (known) return known;
  const limiter = new RateLimiterDrizzle({
    storeClient: ctx.database.db,
    schema: rateLimits,
    points: perMinute[act] * (asker === 'one' ? 1 : addressesPerNetwork),
    duration: countedSeconds,
    keyPrefix,
    // Expired counters are removed by the minute's job.
    clearExpiredByTimeout: false,
  });
  ofDatabase.set(keyPrefix, limiter);
  return limiter;
}

interface Asker {
  /** The callers that are counted tightly. */
  one: string;
  /** The network in which many callers are counted together; null for a known caller. */
  network: string | null;
}

/**
 * The requests that are counted together. A signed-in person is counted alone: a neighbour in an administrator's
 * office, who sends requests that need no sign-in, could else keep the administrator from the sign-in that thawing and
 * revoking ask for. By session: a new sign-in is not counted with the thief of a former session. Anonymous requests are
 * counted by address and then by /24; over IPv6 by /64, all of which one machine may have, and then by /48, which one
 * customer of a provider may have.
 */
function askerOf({ actor, ip }: Context): Asker | null {
  if (actor.type === 'person') return { one: actor.sessionId, network: null };
  if (actor.type === 'application_person') return { one: actor.connectSession, network: null };
  // Where only Next runs the address is unknown; one shared counter would let one stranger lock all people out.
  if (ip === null) return null;
  return { one: prefixOf(ip, { ipv4: 32, ipv6: 64 }), network: prefixOf(ip, { ipv4: 24, ipv6: 48 }) };
}

/** Counts a try. One that a clock counted that was ahead would refuse until that time is reached: it is forgotten. */
async function count(limiter: RateLimiterDrizzle, asker: string): Promise<void> {
  try {
    await limiter.consume(asker);
  } catch (refusal) {
    const ahead = refusal instanceof RateLimiterRes && refusal.msBeforeNext > 2 * countedSeconds * 1000;
    if (!ahead) throw refusal;
    await limiter.delete(asker);
  }
}

/**
 * Counts one try of the caller, across all processes. The address comes first: a try beyond its limit is not counted
 * for its network, so that one machine cannot use up its neighbours' tries.
 * @throws AppError `rate_limited` with the seconds to wait
 */
export async function limitRate(ctx: Context, act: LimitedAct): Promise<void> {
  const asker = askerOf(ctx);
  if (asker === null) return;
  try {
    await count(limiterFor(ctx, act, 'one'), asker.one);
    if (asker.network !== null) await count(limiterFor(ctx, act, 'network'), asker.network);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    throw new AppError('rate_limited', { retryAfterSeconds: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) });
  }
}
