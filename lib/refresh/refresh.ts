import { randomInt } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { isFrozen } from '#lib/connections/frozen';
import { refreshDue, tokenIsAlive } from '#lib/connections/token-clock';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { personOfConnection } from '#lib/ids';
import { parseInput } from '#lib/parse-input';
import { callTarget } from '#lib/provider-calls/call-target';
import { inSlot } from '#lib/provider-calls/provider-slots';
import { endStopBySuccess, isStopped, takeProbe } from '#lib/provider-calls/provider-stop';
import { doubtSeconds, inDoubt } from '#lib/refresh/end-refused';
import { forcedWait, noteForced, refreshedLately } from '#lib/refresh/forced-refresh';
import { refreshInFlight, shareRefresh } from '#lib/refresh/in-flight';
import {
  type ConnectionKey,
  holderIsSilent,
  leaseIsFree,
  leaseMayBeTakenOver,
  releaseLease,
  takeLease,
} from '#lib/refresh/lease';
import { markNeedsReconnect, needsReconnect } from '#lib/refresh/mark-needs-reconnect';
import { configurationFault, spendUnderLease } from '#lib/refresh/refresh-under-lease';
import { leewayOf } from '#lib/refresh/take-over';
import { pause } from '#lib/running-time';

export const refreshConnectionInput = z.object({
  id: z.string().max(64),
  /** Refreshes a token that is not due. */
  force: z.boolean().default(false),
  /** Forces it at most once in 30 s: a service asked for it, and may do so again and again. */
  sparing: z.boolean().default(false),
  /** Does so only while the stored token is of this generation: a newer one is what was wanted. */
  generation: z.int().optional(),
});
export type RefreshConnectionInput = z.input<typeof refreshConnectionInput>;

/** When a caller should come back to a provider with stopped refreshes. */
const stoppedRetrySeconds = 120;

/** How long a caller waits for another process: the provider's 10 s and the time to store. */
const patienceMs = 12_000;

/**
 * How long a caller waits for this process: for a slot, for the provider, and a little for the database. Where the database
 * does not take the answer, callers are told at once, and the answer is held (`holdOutcome`).
 */
const longestWaitMs = 30_000;

/**
 * Makes sure that the connection's token is fresh. Callers of one process share one call, callers of several processes
 * one lease. No transaction is open while the provider is asked.
 * @throws AppError `not_found`, `revoked`, `frozen`, `needs_reconnect`, `refresh_in_progress`, `provider_unavailable`,
 *   `provider_configuration`, `grant_in_doubt`, and `refreshed_lately` where it was forced too soon
 */
export async function refreshConnection(ctx: Context, input: RefreshConnectionInput): Promise<void> {
  const { actor } = ctx;
  const allowed = actor.type === 'system' || (actor.type === 'api_key' && actor.scopes.includes('tokens:vend'));
  if (!allowed) throw new AppError('forbidden');
  const { id, force, sparing, generation } = parseInput(refreshConnectionInput, input);
  const personId = personOfConnection(id);
  if (!personId) throw new AppError('not_found');
  // A caller that forces a refresh must not join one that may find nothing due, or that replaces an older token.
  const name = force ? `${id} forced ${generation} ${sparing}` : id;
  const refresh =
    refreshInFlight(ctx, name) ??
    shareRefresh(ctx, name, leadRefresh(ctx, { personId, id }, { force, sparing, generation }));
  return withinPatience(refresh);
}

/** The result, or after `longestWaitMs` when to come back. */
async function withinPatience(work: Promise<void>): Promise<void> {
  const outOfPatience = Promise.withResolvers<never>();
  const told = new AppError('refresh_in_progress', { retryAfterSeconds: 2 });
  const timer = setTimeout(() => outOfPatience.reject(told), longestWaitMs);
  return Promise.race([work, outOfPatience.promise]).finally(() => clearTimeout(timer));
}

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

async function leadRefresh(
  ctx: Context,
  key: ConnectionKey,
  { force, sparing, generation }: { force: boolean; sparing: boolean; generation?: number | undefined },
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
      const probing = row.stopped && (await takeProbe(ctx, row));
      if (row.stopped && !probing)
        throw new AppError('provider_unavailable', { retryAfterSeconds: stoppedRetrySeconds });
      const { generation: seen } = row;
      const settle = await inSlot(ctx, callTarget(provider, row), giveUpAt - performance.now(), async () => {
        const taken = await takeLease(ctx, key, seen, row.leaseFree ? 0 : leeway);
        if (taken && spared && !(await noteForced(ctx, taken.lease))) {
          await releaseLease(ctx.database.db, taken.lease, taken.row.lastRefreshError);
          return undefined;
        }
        return taken && spendUnderLease(ctx, taken, provider);
      });
      if (settle) {
        await settle();
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
