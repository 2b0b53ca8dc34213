import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  answerLost,
  beginSpending,
  endLeaseDead,
  type Lease,
  type LeasedRow,
  leaseIsFree,
  releaseLease,
  takeLease,
} from '#lib/connections/lease';
import { type RefreshAnswer, storeRefreshed } from '#lib/connections/store-refreshed';
import { tokenIsAlive } from '#lib/connections/token-clock';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { refreshDue } from '#lib/connections/view';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { personOfConnection } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { isOAuthError, type OAuthError } from '#lib/oauth/types';
import { parseInput } from '#lib/parse-input';
import type { ProviderRecord } from '#lib/providers/record';
import { once } from '#lib/registry';

export const refreshConnectionInput = z.object({
  id: z.string().max(64),
  /** Refreshes a token that is not due. */
  force: z.boolean().default(false),
});
export type RefreshConnectionInput = z.input<typeof refreshConnectionInput>;

interface Key {
  personId: string;
  id: string;
}

/** How long a caller waits for another process: the provider's 10 s and the time to store. */
const patienceMs = 12_000;

/** Failures after which the provider may have rotated the token although we did not get to read the new one. */
const lossy: ReadonlySet<string> = new Set([
  answerLost,
  'provider_timeout',
  'token_answer_invalid',
  'answer_too_large',
]);

/**
 * Makes sure that the connection's token is fresh. Callers of one process share one call, callers of several
 * processes one lease; nobody holds a transaction while the provider is asked.
 * @throws AppError `not_found`, `revoked`, `frozen`, `needs_reconnect`, `refresh_in_progress`, `provider_unavailable`,
 *   `provider_configuration`
 */
export function refreshConnection(ctx: Context, input: RefreshConnectionInput): Promise<void> {
  const { actor } = ctx;
  const allowed = actor.type === 'system' || (actor.type === 'api_key' && actor.scopes.includes('tokens:vend'));
  if (!allowed) return Promise.reject(new AppError('forbidden'));
  const { id, force } = parseInput(refreshConnectionInput, input);
  const personId = personOfConnection(id);
  if (!personId) return Promise.reject(new AppError('not_found'));
  const inFlight = once('refreshes-in-flight', () => new Map<string, Promise<void>>());
  const name = `${ctx.processId} ${id}`;
  const joined = inFlight.get(name);
  if (joined) return joined;
  const work = leadRefresh(ctx, { personId, id }, force).finally(() => inFlight.delete(name));
  inFlight.set(name, work);
  // It goes on when its first caller hangs up, and draining waits for it; its failure is its callers' to report.
  const settled = work.then(
    () => {},
    () => {},
  );
  ctx.background.add(settled);
  void settled.finally(() => ctx.background.delete(settled));
  return work;
}

async function read(ctx: Context, key: Key) {
  const [row] = await ctx.database.db
    .select({
      provider: connections.provider,
      status: connections.status,
      frozen: sql<boolean>`${connections.frozenAt} is not null`,
      generation: connections.generation,
      refreshable: sql<boolean>`${connections.refreshToken} is not null`,
      leaseFree: sql<boolean>`${leaseIsFree}`,
      due: refreshDue,
      alive: tokenIsAlive,
    })
    .from(connections)
    .where(and(eq(connections.personId, key.personId), eq(connections.id, key.id)));
  if (!row) throw new AppError('not_found');
  if (row.status === 'revoked') throw new AppError('revoked');
  if (row.frozen) throw new AppError('frozen');
  if (row.status === 'needs_reconnect') throw new AppError('needs_reconnect');
  return row;
}

async function leadRefresh(ctx: Context, key: Key, force: boolean): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  const first = await read(ctx, key);
  for (let row = first; ; row = await read(ctx, key)) {
    const refreshedMeanwhile = row.generation !== first.generation;
    if (refreshedMeanwhile || !(row.due || force)) return;
    if (!row.refreshable) return row.alive ? undefined : endWithoutRefreshToken(ctx, key, row);
    if (row.leaseFree) {
      const provider = ctx.providers.get(row.provider);
      if (!provider) throw configurationFault(ctx, key, row.provider, new Error('the provider is not configured'));
      const taken = await takeLease(ctx, key, force);
      if (taken) return refreshUnderLease(ctx, taken.lease, taken.row, provider);
    }
    if (performance.now() > giveUpAt) throw new AppError('refresh_in_progress', { retryAfterSeconds: 2 });
    await sleep(randomInt(25, 101));
  }
}

async function refreshUnderLease(ctx: Context, lease: Lease, row: LeasedRow, provider: ProviderRecord): Promise<void> {
  let answer: RefreshAnswer;
  try {
    const deps = { fetch: ctx.fetch, now: ctx.now };
    const pinned = await resolveEndpoints(provider, deps, row.accountParams);
    const refreshToken = ctx.vault.open(row.refreshToken ?? '', refreshTokenPlace(lease.id));
    if (!(await beginSpending(ctx, lease))) throw new AppError('refresh_in_progress', { retryAfterSeconds: 1 });
    const askedAt = performance.now();
    const tokens = await refreshGrant(provider, pinned, { refreshToken, accountParams: row.accountParams }, deps);
    answer = { tokens, askedAt };
  } catch (error) {
    return endFailed(ctx, lease, row, error);
  }
  const outcome = await storeRefreshed(ctx, lease, answer);
  if (outcome === 'revoked') throw new AppError('revoked');
}

async function endFailed(ctx: Context, lease: Lease, row: LeasedRow, error: unknown): Promise<void> {
  const about = { personId: lease.personId, connectionId: lease.id, provider: row.provider };
  const code = isOAuthError(error) ? error.code : error instanceof AppError ? error.code : 'internal';
  const lostBefore = row.lastRefreshError !== null && lossy.has(row.lastRefreshError);
  const failure = { action: 'token.refresh_failed', outcome: 'failed', code, ...about } as const;
  if (isOAuthError(error) && error.disposition === 'dead_grant') {
    const reason = lostBefore ? answerLost : (error.providerError ?? error.code);
    const marked = await withTransaction(ctx.database.db, async (tx) => {
      if (!(await endLeaseDead(tx, lease, reason, code))) return false;
      await record(tx, ctx, failure);
      await record(tx, ctx, { action: 'connection.needs_reconnect', outcome: 'failed', code: reason, ...about });
      return true;
    });
    if (marked) throw new AppError('needs_reconnect', { cause: error });
    // Somebody else stored a newer token, reconnected or revoked meanwhile: their outcome is ours.
    await releaseLease(ctx.database.db, lease, code);
    const now = await read(ctx, lease);
    if (now.generation !== lease.generation) return;
    throw new AppError('refresh_in_progress', { retryAfterSeconds: 1, cause: error });
  }
  await withTransaction(ctx.database.db, async (tx) => {
    // Once an answer may be lost, only a stored one clears that.
    if (await releaseLease(tx, lease, lostBefore ? row.lastRefreshError : code)) await record(tx, ctx, failure);
  });
  if (!isOAuthError(error)) throw error;
  if (error.disposition === 'configuration') throw configurationFault(ctx, lease, row.provider, error);
  throw unavailable(error);
}

function unavailable(error: OAuthError): AppError {
  return new AppError('provider_unavailable', { cause: error, retryAfterSeconds: error.retryAfterSeconds ?? 5 });
}

/** The hub's own fault, never the person's: said loudly, and nothing about the connection changes. */
function configurationFault(ctx: Context, key: Key, provider: string, cause: unknown): AppError {
  ctx.log.error({ event: 'provider_configuration', provider, connectionId: key.id, err: cause });
  return new AppError('provider_configuration', { cause, retryAfterSeconds: 60 });
}

/** An expired token that cannot be refreshed: only its person can bring the connection back. */
async function endWithoutRefreshToken(
  ctx: Context,
  key: Key,
  row: { provider: string; generation: number },
): Promise<never> {
  await withTransaction(ctx.database.db, async (tx) => {
    const marked = await tx
      .update(connections)
      .set({ status: 'needs_reconnect', statusReason: 'no_refresh_token' })
      .where(
        and(
          eq(connections.personId, key.personId),
          eq(connections.id, key.id),
          eq(connections.status, 'connected'),
          eq(connections.generation, row.generation),
        ),
      )
      .returning({ id: connections.id });
    if (marked.length === 0) return;
    await record(tx, ctx, {
      action: 'connection.needs_reconnect',
      outcome: 'failed',
      code: 'no_refresh_token',
      personId: key.personId,
      connectionId: key.id,
      provider: row.provider,
    });
  });
  throw new AppError('needs_reconnect');
}
