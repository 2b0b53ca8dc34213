import { type Claimed, claimDue, reasonsFor } from '#lib/connections/claim-due';
import { shouldRest } from '#lib/connections/provider-protection';
import { refreshConnection } from '#lib/connections/refresh';
import type { Context } from '#lib/context';
import { AppError, type ErrorCode, isAppError, toAppError } from '#lib/errors';
import type { ProviderRecord } from '#lib/providers/record';

/** Where the hub's own credentials are refused, they are so for every connection: a few say enough in one round. */
const faultsToStop = 20;

export interface RefreshDueInput {
  /** Ends the round early: what is under way is finished, nothing new is begun. */
  signal?: AbortSignal;
}

/** How a round went. */
export interface RefreshedDue {
  refreshed: number;
  failed: number;
}

/**
 * Refreshes what is due without anybody asking: tokens about to end of connections in use, and grants that their
 * provider would drop for disuse. Providers are worked off side by side, so a slow one delays no other; one that is not
 * answering is left alone until the next round. Any number of processes may be at it.
 */
export async function refreshDueConnections(ctx: Context, { signal }: RefreshDueInput = {}): Promise<RefreshedDue> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const total: RefreshedDue = { refreshed: 0, failed: 0 };
  const stopped = () => signal?.aborted === true;
  await Promise.all(ctx.providers.list().map((provider) => workOff(ctx, provider, total, stopped)));
  return total;
}

async function workOff(
  ctx: Context,
  provider: ProviderRecord,
  total: RefreshedDue,
  stopped: () => boolean,
): Promise<void> {
  const concurrency = ctx.config.refreshConcurrency;
  const next = claims(ctx, provider, concurrency * 2);
  let faults = 0;
  const worker = async () => {
    while (!(faults >= faultsToStop || stopped() || shouldRest(ctx, provider.id))) {
      const claimed = await next();
      if (!claimed) return;
      const failure = await refreshOne(ctx, claimed);
      total[failure ? 'failed' : 'refreshed'] += 1;
      if (failure === 'provider_configuration') faults += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** Hands out what is due, one by one, claiming a batch whenever none is left; undefined when nothing more is due. */
function claims(ctx: Context, provider: ProviderRecord, batch: number): () => Promise<Claimed | undefined> {
  const reasons = reasonsFor(ctx, provider);
  const buffer: Claimed[] = [];
  let claiming: Promise<void> | undefined;
  const claim = async (): Promise<void> => {
    const [reason] = reasons;
    if (!reason) return;
    const found = await claimDue(ctx, provider.id, reason, batch);
    buffer.push(...found);
    if (found.length < batch) reasons.shift();
  };
  return async () => {
    while (buffer.length === 0 && reasons.length > 0) {
      claiming ??= claim().finally(() => {
        claiming = undefined;
      });
      await claiming;
    }
    return buffer.shift();
  };
}

/** Answers the code of a failure. It is in the ledger, and the row says when to try again; the round goes on. */
async function refreshOne(ctx: Context, { id, generation }: Claimed): Promise<ErrorCode | undefined> {
  try {
    await refreshConnection(ctx, { id, force: true, generation });
    return undefined;
  } catch (error) {
    if (!isAppError(error)) ctx.log.error({ event: 'background_refresh_failed', connectionId: id, err: error });
    return toAppError(error).code;
  }
}
