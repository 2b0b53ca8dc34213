import { claimDue, reasonsFor } from '#lib/connections/claim-due';
import { shareRefresh } from '#lib/connections/in-flight';
import type { Leased } from '#lib/connections/lease';
import { inSlot, shouldRest } from '#lib/connections/provider-protection';
import { spendUnderLease } from '#lib/connections/refresh-under-lease';
import type { Context } from '#lib/context';
import { createGrouped } from '#lib/db/grouped';
import { AppError, type ErrorCode, isAppError, toAppError } from '#lib/errors';
import type { ProviderRecord } from '#lib/providers/record';

/** Where the hub's own credentials are refused, they are so for every connection: a few say enough in one round. */
const faultsToStop = 20;

/** How long the background waits behind callers for its turn at a provider. */
const slotPatienceMs = 12_000;

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
  const next = claims(ctx, provider);
  let faults = 0;
  const over = () => faults >= faultsToStop || stopped() || shouldRest(ctx, provider.id);
  const worker = async () => {
    while (!over()) {
      const went = await inSlot(ctx, provider.id, slotPatienceMs, async () => {
        // Asked again: the provider may have said something to another while this one waited.
        const claimed = over() ? undefined : await next();
        if (!claimed) return undefined;
        const asked = spendUnderLease(ctx, claimed, provider);
        // Callers of this process who want the same token wait for this refresh, not for the row.
        const refresh = shareRefresh(
          ctx,
          claimed.lease.id,
          asked.then((settle) => settle()),
        );
        await asked;
        return { id: claimed.lease.id, refresh };
      }).catch((error: unknown) => {
        // Its slots are all taken by callers, or it has just stopped answering: the next round tries again.
        if (isAppError(error) && error.code === 'provider_unavailable') return undefined;
        throw error;
      });
      if (!went) return;
      const failure = await codeOf(ctx, went);
      total[failure ? 'failed' : 'refreshed'] += 1;
      if (failure === 'provider_configuration') faults += 1;
    }
  };
  // Twice as many as may ask at a time, so that storing what was answered keeps no slot empty.
  await Promise.all(Array.from({ length: ctx.config.refreshConcurrency * 2 }, worker));
}

/** Hands out what is due, one by one; those who ask at the same time share a claim. Undefined: nothing more is due. */
function claims(ctx: Context, provider: ProviderRecord): () => Promise<Leased | undefined> {
  const reasons = reasonsFor(ctx, provider);
  const claim = createGrouped(async (askers: undefined[]): Promise<(Leased | undefined)[]> => {
    const claimed: Leased[] = [];
    for (let reason = reasons[0]; reason && claimed.length < askers.length; reason = reasons[0]) {
      const wanted = askers.length - claimed.length;
      const found = await claimDue(ctx, provider.id, reason, wanted);
      claimed.push(...found);
      if (found.length < wanted) reasons.shift();
    }
    return askers.map((_, at) => claimed[at]);
  });
  return () => claim(undefined);
}

/** Answers the code of a failure. It is in the ledger, and the row says when to try again; the round goes on. */
async function codeOf(ctx: Context, went: { id: string; refresh: Promise<void> }): Promise<ErrorCode | undefined> {
  try {
    await went.refresh;
    return undefined;
  } catch (error) {
    if (!isAppError(error)) ctx.log.error({ event: 'background_refresh_failed', connectionId: went.id, err: error });
    return toAppError(error).code;
  }
}
