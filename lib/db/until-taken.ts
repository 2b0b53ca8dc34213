import { randomInt } from 'node:crypto';
import { mayBeTriedAgain } from '#lib/db/may-pass';
import { isAppError } from '#lib/errors';
import { pause } from '#lib/running-time';

/** Milliseconds between two attempts: the first soon, later ones seldom, so that a database that is back is not stormed. */
const firstPauseMs = 200;
const longestPauseMs = 2000;

/**
 * Writes again and again until the database takes it: the value may hold the only copy of a token. Stops where another
 * attempt cannot help: an AppError is the outcome itself, and values that the database refuses stay refused.
 * @param write may be called again after it failed, also where its transaction was committed
 * @param given.onFailure told of each failure that is tried again
 * @param given.patienceMs after so many milliseconds the next failure is the last; without it there is no end
 * @throws what `write` threw last
 */
export async function untilTaken<T>(
  write: () => Promise<T>,
  { onFailure, patienceMs = Number.POSITIVE_INFINITY }: { onFailure(error: unknown): void; patienceMs?: number },
): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (let ms = firstPauseMs; ; ms = Math.min(longestPauseMs, ms * 1.5)) {
    try {
      return await write();
    } catch (error) {
      if (isAppError(error) || !mayBeTriedAgain(error) || performance.now() > giveUpAt) throw error;
      onFailure(error);
    }
    await pause(randomInt(Math.ceil(ms / 2), Math.ceil(ms) + 1));
  }
}
