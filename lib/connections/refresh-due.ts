import { claimDue, reasonsFor } from '#lib/connections/claim-due';
import { holdOutcome } from '#lib/connections/hold-outcome';
import { shareRefresh } from '#lib/connections/in-flight';
import { keepLease } from '#lib/connections/keep-lease';
import { beginSpending, type Leased, releaseLease } from '#lib/connections/lease';
import { shouldRest } from '#lib/connections/provider-protection';
import { inSlot } from '#lib/connections/provider-slots';
import { spendUnderLease } from '#lib/connections/refresh-under-lease';
import type { Context } from '#lib/context';
import { createGrouped } from '#lib/db/grouped';
import { AppError, type ErrorCode, isAppError, toAppError } from '#lib/errors';
import type { ProviderRecord } from '#lib/providers/record';

/** Where the hub's own credentials are refused, they are so for every connection: a few say enough in one round. */
const faultsToStop = 20;

/** How long what was claimed waits behind callers for its turn at a provider. */
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
  await allOver(ctx.providers.list().map((provider) => workOff(ctx, provider, total, stopped)));
  return total;
}

/** Waits for all of them, also where one fails: the others are at work with leases. Then says the first failure. */
async function allOver(work: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
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
      const claimed = await next();
      const outcome = claimed && (await refreshClaimed(ctx, provider, claimed, over));
      if (!outcome || outcome === 'given_back') return;
      total[outcome === 'refreshed' ? 'refreshed' : 'failed'] += 1;
      if (outcome === 'provider_configuration') faults += 1;
    }
  };
  // Twice as many as may ask at a time: claiming the next and storing what was answered keep no slot empty.
  await allOver(Array.from({ length: ctx.config.refreshConcurrency * 2 }, worker));
}

/**
 * Refreshes what was claimed once a slot is free; callers of this process who want the same token share it. Answers the
 * code of a failure, which is in the ledger while the row says when to try again; `refresh_in_progress` where somebody
 * else changed the row since; or `given_back` where it was not asked for, because the round is over, callers have all the
 * slots, or the provider has just stopped answering.
 */
async function refreshClaimed(
  ctx: Context,
  provider: ProviderRecord,
  { lease, row }: Leased,
  over: () => boolean,
): Promise<'refreshed' | 'given_back' | ErrorCode> {
  const letGo = keepLease(ctx, lease);
  let spending = false;
  let ours = true;
  const work = async () => {
    try {
      // Before a slot is taken, so that no slot waits for the database.
      const begun = await beginSpending(ctx, lease);
      ours = begun !== undefined;
      if (!begun) throw new AppError('refresh_in_progress', { retryAfterSeconds: 1 });
      const settle = await inSlot(ctx, provider.id, slotPatienceMs, async () => {
        if (over()) throw new AppError('refresh_in_progress', { retryAfterSeconds: 1 });
        spending = true;
        return spendUnderLease(ctx, { lease, row }, provider, { letGo, begun });
      });
      await settle();
    } catch (error) {
      if (spending) throw error;
      const asBefore = { failures: row.refreshFailures, seconds: 0 };
      const giveBack = async () => void (await releaseLease(ctx.database.db, lease, row.lastRefreshError, asBefore));
      await holdOutcome(ctx, lease.id, giveBack, letGo);
      throw error;
    }
  };
  try {
    await shareRefresh(ctx, lease.id, work());
    return 'refreshed';
  } catch (error) {
    if (!isAppError(error)) ctx.log.error({ event: 'background_refresh_failed', connectionId: lease.id, err: error });
    return spending || !ours ? toAppError(error).code : 'given_back';
  }
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
  return () => claim.add(undefined);
}
