import { type Context, inBackground, type Runtime } from '#lib/context';
import { untilTaken } from '#lib/db/until-taken';
import { AppError, isAppError } from '#lib/errors';
import { once } from '#lib/process-parts';
import { withinRunning } from '#lib/running-time';

/**
 * Refreshes that end in an outcome this process may hold while the database takes none; beyond, it spends no more
 * tokens.
 */
const mostHeld = 1000;

/** Milliseconds for which a caller waits for the database to take it. */
const callersPatienceMs = 4000;

const heldBy = ({ processId }: Runtime) => once(`held-outcomes ${processId}`, () => new Set<string>());

/** True where this process holds as much as it may: the outcome of a token spent now might have to be held, too. */
export const holdsTooMuch = (ctx: Runtime): boolean => heldBy(ctx).size >= mostHeld;

/**
 * Writes down what came of a refresh, again and again until the database takes it or the process ends: the only copy of a
 * rotated token may be in it. A caller is told after four seconds, and the writing goes on in the background, for which
 * draining waits.
 * @param write may be called again after it failed; an AppError that it throws is the outcome, and was written
 * @param letGo called when it is over: until then the lease is renewed
 * @throws AppError `unavailable` where the database did not take it yet, or what `write` throws
 */
export async function holdOutcome(
  ctx: Context,
  name: string,
  write: () => Promise<void>,
  letGo: () => void,
): Promise<void> {
  let callerLeft = false;
  let last: unknown;
  const held = heldBy(ctx);
  const onFailure = (error: unknown) => {
    last = error;
    held.add(name);
    ctx.log.warn({ event: 'refresh_store_retried', connection: name, err: error });
  };
  const work = untilTaken(write, { onFailure }).finally(() => {
    held.delete(name);
    letGo();
  });
  const unheard = work.catch((error: unknown) => {
    // While its caller is there, a failure is the caller's to report.
    if (callerLeft && !isAppError(error)) throw error;
  });
  inBackground(ctx, 'store what a refresh brought', unheard);
  return withinRunning(callersPatienceMs, work, () => {
    callerLeft = true;
    return new AppError('unavailable', { cause: last, retryAfterSeconds: 2 });
  });
}
