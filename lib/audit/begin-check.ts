import { readCheckpoints } from '#lib/audit/check-checkpoints';
import { checkLedger, isCheckDue } from '#lib/audit/check-ledger';
import { type Context, inBackground } from '#lib/context';
import { requireReader } from '#lib/guards/require';
import { existing, forget, once } from '#lib/process-parts';

const name = 'ledger-check';

/**
 * Begins a check of the whole ledger that goes on after the answer; its findings go into the ledger. One at a time in a
 * process: false where one is under way already.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export function beginCheck(ctx: Context, input: { checkpoints?: readonly string[] } = {}): boolean {
  requireReader(ctx);
  // Now, since behind the answer no caller would hear of it.
  readCheckpoints(ctx, input.checkpoints ?? []);
  if (isCheckRunning()) return false;
  const { signal } = once(name, () => new AbortController());
  const work = checkLedger(ctx, { ...input, signal })
    .catch((error: unknown) => {
      if (!signal.aborted) throw error;
    })
    .finally(() => forget(name));
  inBackground(ctx, 'check_ledger', work);
  return true;
}

/** Whether this process is checking the ledger just now. */
export function isCheckRunning(): boolean {
  return existing(name) !== undefined;
}

/** Gives up a check that is under way, since the process ends; the next tick of any process begins another. */
export function stopCheck(): void {
  existing<AbortController>(name)?.abort();
}

/** Begins the check of the day, if the ledger was not verified for one. It may last longer than a tick. */
export async function beginDailyCheck(ctx: Context): Promise<void> {
  if (await isCheckDue(ctx)) beginCheck(ctx);
}
