import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '#lib/config/config';
import { AppError } from '#lib/errors';
import { once } from '#lib/process-parts';

const windowSeconds = 60;

/** How much a key may still do, as the draft `RateLimit` header fields say it (draft-ietf-httpapi-ratelimit-headers-10). */
export interface RateState {
  quota: number;
  remaining: number;
  /** Whole seconds until the quota is whole again. */
  resetSeconds: number;
}

function limiter(config: Pick<Config, 'apiRatePerMinute'>): RateLimiterMemory {
  const points = config.apiRatePerMinute;
  return once(`api-rate-limiter ${points}`, () => new RateLimiterMemory({ points, duration: windowSeconds }));
}

function toState(config: Pick<Config, 'apiRatePerMinute'>, answer: RateLimiterRes): RateState {
  return {
    quota: config.apiRatePerMinute,
    remaining: answer.remainingPoints,
    resetSeconds: Math.max(1, Math.ceil(answer.msBeforeNext / 1000)),
  };
}

/**
 * Refuses a key that has used up its calls of this minute in this process. Asks only: an attacker who makes up keys
 * leaves no trace in memory.
 * @throws AppError `rate_limited` with the seconds to wait
 */
export async function assertWithinRate(config: Pick<Config, 'apiRatePerMinute'>, keyHash: string): Promise<void> {
  const spent = await limiter(config).get(keyHash);
  if (!spent || spent.consumedPoints < config.apiRatePerMinute) return;
  throw new AppError('rate_limited', { retryAfterSeconds: toState(config, spent).resetSeconds });
}

/** Counts a call of a key that was found to be real, and says how many are left. */
export async function countCall(config: Pick<Config, 'apiRatePerMinute'>, keyHash: string): Promise<RateState> {
  const answer = await limiter(config)
    .consume(keyHash)
    // Calls that were under way together may pass the limit by as many as they were.
    .catch((over: RateLimiterRes) => over);
  return toState(config, answer);
}

/** The calls left, without counting; undefined for a key that has not called within the minute. */
export async function rateOf(
  config: Pick<Config, 'apiRatePerMinute'>,
  keyHash: string,
): Promise<RateState | undefined> {
  const spent = await limiter(config).get(keyHash);
  return spent ? toState(config, spent) : undefined;
}

/** The two header fields, as structured fields (RFC 9651). */
export function rateHeaders({ quota, remaining, resetSeconds }: RateState): Record<string, string> {
  return {
    'RateLimit-Policy': `"key";q=${quota};w=${windowSeconds}`,
    RateLimit: `"key";r=${remaining};t=${resetSeconds}`,
  };
}
