import type { Context } from '#lib/context';
import { createGrouped } from '#lib/db/grouped';
import { AppError, type ErrorCode, isAppError, toAppError } from '#lib/errors';
import { callProtected } from '#lib/provider-calls/call-protected';
import { callTarget, hasManyHosts } from '#lib/provider-calls/call-target';
import { secondsOfRest } from '#lib/provider-calls/protections';
import { endStopBySuccess, stoppedIssuers, takeProbe } from '#lib/provider-calls/provider-stop';
import type { ProviderRecord } from '#lib/providers/record';
import { claimDue, reasonsFor } from '#lib/refresh/claim-due';
import { holdOutcome } from '#lib/refresh/hold-outcome';
import { shareRefresh } from '#lib/refresh/in-flight';
import { keepLease } from '#lib/refresh/keep-lease';
import { beginSpending, type Leased, releaseLease } from '#lib/refresh/lease';
import { spendToken } from '#lib/refresh/spend-token';
import { storeOutcome } from '#lib/refresh/store-outcome';

/** Where the hub's own credentials are refused, they are so for every connection: a few say enough in one round. */
const faultsToStop = 20;

/** How long what was claimed waits behind callers for its turn at a provider. */
const slotPatienceMs = 12_000;

/** A connection at a resting host or account is not claimed again in the same round. */
const leastRestSeconds = 30;

export interface RefreshDueInput {
  /** Ends the round early: refreshes under way finish, and none begins. */
  signal?: AbortSignal;
}

/** How a round went. */
export interface RefreshedDue {
  refreshed: number;
  failed: number;
}

/**
 * Refreshes due connections without a caller: tokens about to end of connections in use, and grants that their provider
 * would drop for disuse. Providers are worked off side by side, so a slow one delays no other. One that does not answer
 * is left alone until the next round. Any number of processes may run at once.
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
  ended: () => boolean,
): Promise<void> {
  const next = claims(ctx, provider);
  // Seldom any: asked once a round, and again where a refusal may have begun one.
  let stopped = await stoppedIssuers(ctx, provider.id);
  let faults = 0;
  // With one host, a limit that keeps one connection from being asked for keeps all: then nothing is claimed.
  const only = hasManyHosts(provider) ? null : callTarget(provider, { issuer: '', subject: '', accountParams: {} });
  const over = () => faults >= faultsToStop || ended() || (only !== null && secondsOfRest(ctx, only) > 0);
  const worker = async () => {
    while (!over()) {
      const claimed = await next();
      const isStopped = claimed !== undefined && stopped.has(claimed.row.issuer);
      const outcome = claimed && (await refreshClaimed(ctx, provider, claimed, over, isStopped));
      if (outcome === 'grant_in_doubt' || (isStopped && outcome === 'refreshed'))
        stopped = await stoppedIssuers(ctx, provider.id);
      if (outcome === 'resting') continue;
      if (!outcome || outcome === 'given_back') return;
      total[outcome === 'refreshed' ? 'refreshed' : 'failed'] += 1;
      if (outcome === 'provider_configuration') faults += 1;
    }
  };
  // Twice as many as may ask at a time: claiming the next and storing what was answered keep no slot empty.
  await allOver(Array.from({ length: ctx.config.refreshConcurrency * 2 }, worker));
}

/**
 * Refreshes a claimed connection once a slot is free; callers of this process who want the same token share it. Answers
 * the code of a failure, which is in the ledger while the row says when to try again. `refresh_in_progress`: somebody
 * else changed the row since. `resting`: its host or its account is to be left alone, and the row says for how long.
 * `given_back`: the provider was not asked, because the round is over or callers have all the slots.
 */
async function refreshClaimed(
  ctx: Context,
  provider: ProviderRecord,
  { lease, row }: Leased,
  over: () => boolean,
  stopped: boolean,
): Promise<'refreshed' | 'given_back' | 'resting' | ErrorCode> {
  const target = callTarget(provider, row);
  const rested = (seconds: number) => ({ failures: row.refreshFailures, seconds: Math.max(seconds, leastRestSeconds) });
  const rest = secondsOfRest(ctx, target);
  if (rest > 0 || (stopped && !(await takeProbe(ctx, row)))) {
    await releaseLease(ctx.database.db, lease, row.lastRefreshError, rested(rest));
    return 'resting';
  }
  const letGo = keepLease(ctx, lease);
  let spending = false;
  let ours = true;
  const work = async () => {
    try {
      // Before a slot is taken, so that no slot waits for the database.
      const begun = await beginSpending(ctx, lease, provider);
      ours = begun !== undefined;
      if (!begun) throw new AppError('refresh_in_progress', { retryAfterSeconds: 1 });
      const outcome = await callProtected(ctx, target, slotPatienceMs, async (ask) => {
        if (over()) throw new AppError('refresh_in_progress', { retryAfterSeconds: 1 });
        spending = true;
        return spendToken(ctx, { lease, row }, provider, ask, { letGo, begun });
      });
      await storeOutcome(ctx, outcome);
      if (stopped) await endStopBySuccess(ctx, row);
    } catch (error) {
      if (spending) throw error;
      const waits = secondsOfRest(ctx, target);
      const asBefore = waits > 0 ? rested(waits) : { failures: row.refreshFailures, seconds: 0 };
      const giveBack = async () => void (await releaseLease(ctx.database.db, lease, row.lastRefreshError, asBefore));
      await holdOutcome(ctx, lease.id, giveBack, letGo);
      throw error;
    }
  };
  try {
    await shareRefresh(ctx, lease.id, work());
    return 'refreshed';
  } catch (error) {
    if (!isAppError(error)) ctx.log.error({ event: 'background_refresh_failed', connection: lease.id, err: error });
    if (spending || !ours) return toAppError(error).code;
    return secondsOfRest(ctx, target) > 0 ? 'resting' : 'given_back';
  }
}

/** Hands out due connections, one by one; callers at the same time share a claim. Undefined: nothing more is due. */
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
