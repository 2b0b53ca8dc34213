import { randomInt } from 'node:crypto';

/** Failures in a row after which calls are paused. */
export const failuresToOpen = 5;
const firstPauseSeconds = 5;
const longestPauseSeconds = 300;
/** A pause of our own is cut to this for a caller who waits for a token. */
const longestWaitSeconds = 60;
/** The longest pause that a provider gets by Retry-After. */
export const longestAskedSeconds = 3600;
/** Within a pause that the provider asked for, one call this often may find out that it is over. */
export const probeSeconds = 300;

/** Seconds to wait before the attempt-th try: doubled each time, of which a random half is taken off (for jitter). */
export function backoffSeconds(attempt: number, first: number, longest: number): number {
  const whole = Math.min(longest, first * 2 ** Math.min(attempt - 1, 20));
  return (whole * randomInt(500, 1001)) / 1000;
}

/**
 * A circuit breaker: closed while calls are answered, open for a pause after failures in a row, half open while one
 * call tries. Only an answer closes it. A fault of our own says nothing of the other side, so it leaves the circuit as
 * it was. Milliseconds are those of `Date.now()`; a clock that was set back ends the pause.
 */
export class Circuit {
  /** When it opened first; null while it is closed. */
  since: Date | null = null;
  #failures = 0;
  #pauses = 0;
  #pausedAt = 0;
  #ownMs = 0;
  #askedMs = 0;
  #probing = false;

  get isClosed(): boolean {
    return this.since === null;
  }

  /** One call is out to find out whether it is answered again. */
  get isProbing(): boolean {
    return this.#probing;
  }

  #left(pauseMs: number, now: number): number {
    const gone = now - this.#pausedAt;
    return this.isClosed || gone < 0 ? 0 : Math.max(0, pauseMs - gone);
  }

  /** Milliseconds until a caller may try: 0 where one may now. */
  msToNextCall(now = Date.now()): number {
    const own = Math.min(this.#ownMs, longestWaitSeconds * 1000);
    return this.#left(Math.max(own, Math.min(this.#askedMs, probeSeconds * 1000)), now);
  }

  /** Milliseconds for which work without a waiting caller stays away: the whole pause. */
  msOfRest(now = Date.now()): number {
    return this.#left(Math.max(this.#ownMs, this.#askedMs), now);
  }

  /** True where a call would be turned away now. */
  turnsAway(now = Date.now()): boolean {
    return this.#probing || this.msToNextCall(now) > 0;
  }

  /** Begins the one call that tries an open circuit. */
  beginProbe(): void {
    this.#probing = true;
  }

  /** That call is over, with or without success. */
  endProbe(): void {
    this.#probing = false;
  }

  /** It answered. True where that closed the circuit. */
  answered(): boolean {
    const opened = !this.isClosed;
    this.since = null;
    this.#failures = 0;
    this.#pauses = 0;
    return opened;
  }

  /**
   * A call was not answered.
   * @param askedSeconds the pause that the other side asked for; 0 for none
   * @param count how many failures it is
   * @returns true where that opened the circuit, or began another pause
   */
  failed(askedSeconds: number, count = 1, now = Date.now()): boolean {
    this.#failures += count;
    if (this.isClosed && this.#failures < failuresToOpen) return false;
    this.since ??= new Date(now);
    this.#pauses += 1;
    this.#pausedAt = now;
    this.#ownMs = backoffSeconds(this.#pauses, firstPauseSeconds, longestPauseSeconds) * 1000;
    this.#askedMs = Math.min(askedSeconds, longestAskedSeconds) * 1000;
    return true;
  }
}
