import { randomInt } from 'node:crypto';
import {
  type BulkheadPolicy,
  bulkhead,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhen,
  isBrokenCircuitError,
} from 'cockatiel';
import type { Context, Runtime } from '#lib/context';
import { AppError } from '#lib/errors';
import { isOAuthError } from '#lib/oauth/types';
import { once } from '#lib/registry';

/** Failures in a row after which a provider counts as not answering. */
const failuresToOpen = 5;
const firstPauseSeconds = 5;
const longestPauseSeconds = 300;
/** What a provider may ask for by Retry-After and be given. */
const longestAskedSeconds = 3600;
/** Refreshes that may wait for their turn at one provider; more are turned away at once. */
export const longestQueue = 2000;
/** What this process knows of one provider, and what keeps the provider and the process safe from each other. */
export interface Protection {
  slots: BulkheadPolicy;
  breaker: CircuitBreakerPolicy;
  /** Milliseconds since 1970: when the provider is asked again. Of use while it is not answering. */
  askAgainAt: number;
  /** When it stopped answering; null while it answers. */
  since: Date | null;
  /** Milliseconds since 1970: until then only callers who wait for a token ask, since the provider asked for rest. */
  restUntil: number;
  /** The one call that finds out whether it answers again is under way. */
  trying: boolean;
  /** Milliseconds of `performance.now()`: when the refusals given so far are used up at their pace. */
  refusedUntil: number;
  /** Refusals being held back. */
  held: number;
}

const isSick = (error: unknown) => isOAuthError(error) && error.disposition === 'transient';

/** Seconds to wait before the attempt-th try: doubled each time, of which a random half is taken off (for jitter). */
export function backoffSeconds(attempt: number, first: number, longest: number): number {
  const whole = Math.min(longest, first * 2 ** Math.min(attempt - 1, 20));
  return (whole * randomInt(500, 1001)) / 1000;
}

const askedFor = (error: unknown) =>
  Math.min(longestAskedSeconds, (isOAuthError(error) ? error.retryAfterSeconds : undefined) ?? 0);

function create(ctx: Runtime, provider: string): Protection {
  const pause = new DelegateBackoff<{ attempt: number; result: { error: unknown } | { value: unknown } }>(
    ({ attempt, result }) => {
      const asked = 'error' in result ? askedFor(result.error) : 0;
      const seconds = Math.max(asked, backoffSeconds(attempt, firstPauseSeconds, longestPauseSeconds));
      made.askAgainAt = Date.now() + seconds * 1000;
      return seconds * 1000;
    },
  );
  const made: Protection = {
    slots: bulkhead(ctx.config.refreshConcurrency, longestQueue),
    breaker: circuitBreaker(handleWhen(isSick), {
      breaker: new ConsecutiveBreaker(failuresToOpen),
      halfOpenAfter: pause,
    }),
    askAgainAt: 0,
    since: null,
    restUntil: 0,
    trying: false,
    refusedUntil: 0,
    held: 0,
  };
  made.breaker.onBreak(() => {
    if (made.since === null) ctx.log.warn({ event: 'provider_not_answering', provider });
    made.since ??= new Date();
  });
  made.breaker.onReset(() => {
    made.since = null;
    ctx.log.info({ event: 'provider_answers_again', provider });
  });
  made.breaker.onStateChange(() => {
    for (const tell of watchers(ctx)) tell();
  });
  return made;
}

/** What this process knows of its providers, by id, as far as it has asked any. Kept once, whichever bundle asks. */
export const protectionsOf = ({ processId }: Runtime): Map<string, Protection> =>
  once(`provider-protections ${processId}`, () => new Map<string, Protection>());

const watchers = ({ processId }: Runtime) => once(`provider-watchers ${processId}`, () => new Set<() => void>());

/** Calls `tell` whenever a circuit of this process opens, closes or is tried, until the answered function is called. */
export function watchProviders(runtime: Runtime, tell: () => void): () => void {
  watchers(runtime).add(tell);
  return () => void watchers(runtime).delete(tell);
}

/** What this process knows of a provider. */
export function protectionOf(ctx: Context, provider: string): Protection {
  const all = protectionsOf(ctx);
  const known = all.get(provider);
  if (known) return known;
  const made = create(ctx, provider);
  all.set(provider, made);
  return made;
}

/** What a caller is told of a provider whose circuit is open. */
export function notAnswering({ askAgainAt }: Protection, cause?: unknown): AppError {
  const retryAfterSeconds = Math.max(1, Math.ceil((askAgainAt - Date.now()) / 1000));
  return new AppError('provider_unavailable', { cause, retryAfterSeconds });
}

/** True where the circuit lets nobody through: it is not answering, or the one call that tries it is out. */
function isOpen({ breaker, askAgainAt }: Protection): boolean {
  return breaker.state === CircuitState.HalfOpen || (breaker.state === CircuitState.Open && Date.now() < askAgainAt);
}

/** True where a call would be turned away now. Known without asking anything, so it is asked before any write. */
export function isNotAnswering(ctx: Context, provider: string): boolean {
  const protection = protectionOf(ctx, provider);
  return isOpen(protection) || protection.trying;
}

/** Nothing was asked: another call had just found that the provider is not answering, or a brake was pulled. */
export class NotAsked extends Error {
  override readonly name = 'NotAsked';
  readonly answer: AppError;
  constructor(answer: AppError) {
    super('The provider was not asked.');
    this.answer = answer;
  }
}

type Outcome<T> = { value: T } | { error: unknown };

/**
 * Calls the provider and learns from how it went. Only transient failures count against it: an answer that refuses is
 * an answer. One of our own faults says nothing either way.
 * @throws NotAsked, or what the call throws
 */
export async function askProvider<T>(ctx: Context, provider: string, call: () => Promise<T>): Promise<T> {
  const protection = protectionOf(ctx, provider);
  if (isOpen(protection)) throw new NotAsked(notAnswering(protection));
  let outcome: Outcome<T>;
  try {
    outcome = await protection.breaker.execute(async (): Promise<Outcome<T>> => {
      try {
        return { value: await call() };
      } catch (error) {
        if (isOAuthError(error) && !isSick(error)) return { error };
        throw error;
      }
    });
  } catch (error) {
    if (isBrokenCircuitError(error)) throw new NotAsked(notAnswering(protection, error));
    const asked = askedFor(error);
    if (asked > 0) protection.restUntil = Math.max(protection.restUntil, Date.now() + asked * 1000);
    throw error;
  }
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/** True where work that nobody waits for should leave the provider alone just now. */
export function shouldRest(ctx: Context, provider: string): boolean {
  return isNotAnswering(ctx, provider) || Date.now() < protectionOf(ctx, provider).restUntil;
}
