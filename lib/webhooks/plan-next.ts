import { randomInt } from 'node:crypto';

const firstDelayMs = 60_000;
const longestDelayMs = 4 * 3_600_000;
/** For which a message is tried again. */
export const patienceMs = 24 * 3_600_000;

/**
 * When a message that was not taken is tried again: after a minute, then twice as long each time, up to four hours, and
 * some of it by chance, so that a receiver that comes back is not met by all at once. The last try falls on the end of
 * the day; null after it.
 * @param attempts that were made
 * @param askedSeconds for which the receiver asked to be left alone
 */
export function planNext(createdAt: Date, attempts: number, now: Date, askedSeconds: number | null): Date | null {
  const end = createdAt.getTime() + patienceMs;
  if (now.getTime() >= end) return null;
  const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempts - 1, 20));
  const spread = delay * (randomInt(80, 101) / 100);
  const at = now.getTime() + Math.max(spread, (askedSeconds ?? 0) * 1000);
  return new Date(Math.min(at, end));
}
