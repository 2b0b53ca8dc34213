import { randomInt } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { isFrozen } from '#lib/connections/frozen';
import { refreshDue, tokenIsAlive } from '#lib/connections/token-clock';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { callProtected } from '#lib/provider-calls/call-protected';
import { callTarget } from '#lib/provider-calls/call-target';
import { endStopBySuccess, isStopped, takeProbe } from '#lib/provider-calls/provider-stop';
import { doubtSeconds, inDoubt } from '#lib/refresh/end-refused';
import { forcedWait, noteForced, refreshedLately } from '#lib/refresh/forced-refresh';
import {
  type ConnectionKey,
  holderIsSilent,
  leaseIsFree,
  leaseMayBeTakenOver,
  releaseLease,
  takeLease,
} from '#lib/refresh/lease';
import { markNeedsReconnect, needsReconnect } from '#lib/refresh/mark-needs-reconnect';
import { spendToken } from '#lib/refresh/spend-token';
import { configurationFault, storeOutcome } from '#lib/refresh/store-outcome';
import { leewayOf } from '#lib/refresh/take-over';
import { pause } from '#lib/running-time';

/** When a caller should come back to a provider with stopped refreshes. */
const stoppedRetrySeconds = 120;

/** How long a caller waits for another process: the provider's 10 s and the time to store. */
const patienceMs = 12_000;

async function read(ctx: Context, key: ConnectionKey) {
  const [row] = await ctx.database.db
    .select({
      provider: connections.provider,
      issuer: connections.issuer,
      subject: connections.subject,
      accountParams: connections.accountParams,
      status: connections.status,
      frozen: isFrozen,
      generation: connections.generation,
      refreshable: sql<boolean>`${connections.refreshToken} is not null`,
      leaseFree: sql<boolean>`${leaseIsFree()}`,
      holderIsSilent,
      due: refreshDue,
      doubt: doubtSeconds,
      refusedWith: connections.refusedWith,
      stopped: isStopped,
      forceWait: forcedWait,
      alive: tokenIsAlive,
    })
    .from(connections)
    .where(and(eq(connections.personId, key.personId), eq(connections.id, key.id)));
  if (!row) throw new AppError('not_found');
  if (row.status === 'revoked') throw new AppError('revoked');
  if (row.frozen) throw new AppError('frozen');
  if (row.status === 'needs_reconnect') throw needsReconnect(row.refusedWith);
  return row;
}

/** Whether the provider forgives what a silent holder of the lease spent. */
async function mayFollow(ctx: Context, { personId, id }: ConnectionKey, leewaySeconds: number): Promise<boolean> {
  if (leewaySeconds === 0) return false;
  const [row] = await ctx.database.db
    .select({ follows: leaseMayBeTakenOver(leewaySeconds) })
    .from(connections)
    .where(and(eq(connections.personId, personId), eq(connections.id, id)));
  return row?.follows === true;
}

/** What a caller wants beside a fresh token (`refreshConnectionInput`). */
interface Wanted {
  force: boolean;
  sparing: boolean;
  generation?: number | undefined;
}

/**
 * Refreshes the connection's token for all callers of this process, in one order: slot and circuit, lease, spend, store.
 * Returns without a call where the token is fresh, also where another process refreshed it meanwhile.
 * @throws AppError as `refreshConnection`
 */
export async function leadRefresh(
  ctx: Context,
  key: ConnectionKey,
  { force, sparing, generation }: Wanted,
): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  const first = await read(ctx, key);
  for (let row = first; ; row = await read(ctx, key)) {
    const refreshedMeanwhile = row.generation !== (generation ?? first.generation);
    if (refreshedMeanwhile || !(row.due || force)) return;
    if (!row.refreshable) {
      if (row.alive) return;
      await markNeedsReconnect(ctx, key, row, 'no_refresh_token');
      throw new AppError('needs_reconnect');
    }
    const provider = ctx.providers.get(row.provider);
    const leeway = provider ? leewayOf(provider) : 0;
    if (row.leaseFree || (await mayFollow(ctx, key, leeway))) {
      if (!provider) throw configurationFault(ctx, key, row.provider, new Error('the provider is not configured'));
      if (row.doubt > 0) throw inDoubt(row.doubt, { providerError: row.refusedWith ?? undefined });
      const spared = force && sparing && !row.due;
      if (spared && row.forceWait > 0) throw refreshedLately(row.forceWait);
      // What a silent holder left waits for no probe: the provider forgives its token for seconds, and refuses it later.
      const probing = row.stopped && (!row.leaseFree || (await takeProbe(ctx, row)));
      if (row.stopped && !probing)
        throw new AppError('provider_unavailable', { retryAfterSeconds: stoppedRetrySeconds });
      const { generation: seen } = row;
      const outcome = await callProtected(ctx, callTarget(provider, row), giveUpAt - performance.now(), async (ask) => {
        const taken = await takeLease(ctx, key, seen, row.leaseFree ? 0 : leeway);
        if (taken && spared && !(await noteForced(ctx, taken.lease))) {
          await releaseLease(ctx.database.db, taken.lease, taken.row.lastRefreshError);
          return undefined;
        }
        return taken && spendToken(ctx, taken, provider, ask);
      });
      if (outcome) {
        await storeOutcome(ctx, outcome);
        if (probing) await endStopBySuccess(ctx, row);
        return;
      }
    }
    // It may have the only copy of the new token, and may be away for minutes.
    if (row.holderIsSilent) throw new AppError('refresh_in_progress', { retryAfterSeconds: 5 });
    if (performance.now() > giveUpAt) throw new AppError('refresh_in_progress', { retryAfterSeconds: 2 });
    await pause(randomInt(25, 101));
  }
}
