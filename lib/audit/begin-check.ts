import { requireReader } from '#lib/access/require';
import { readCheckpoints } from '#lib/audit/check-checkpoints';
import { checkLedger, isCheckDue } from '#lib/audit/check-ledger';
import { type Context, inBackground } from '#lib/context';
import { existing, forget, once } from '#lib/registry';

const name = 'ledger-check';

/**
 * Begins a check of the whole ledger that goes on after the answer; what it finds is in the ledger. One at a time in a
 * process: false where one is under way already.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export function beginCheck(ctx: Context, input: { checkpoints?: readonly string[] } = {}): boolean {
  requireReader(ctx);
  // Now, since behind the answer nobody would hear of it.
  readCheckpoints(ctx, input.checkpoints ?? []);
  if (isCheckRunning()) return false;
  once(name, () => true);
  inBackground(
    ctx,
    'check_ledger',
    checkLedger(ctx, input).finally(() => forget(name)),
  );
  return true;
}

/** Whether this process is checking the ledger just now for somebody who asked on a page. */
export function isCheckRunning(): boolean {
  return existing<boolean>(name) === true;
}

/** Begins the check of the day where nobody verified the ledger for one. It may last longer than a tick. */
export async function beginDailyCheck(ctx: Context): Promise<void> {
  if (await isCheckDue(ctx)) beginCheck(ctx);
}
