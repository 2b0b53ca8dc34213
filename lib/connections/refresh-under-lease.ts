import { and, eq } from 'drizzle-orm';
import { endpointsOf } from '#lib/connections/endpoints-of';
import {
  answerLost,
  beginSpending,
  type ConnectionKey,
  endLeaseDead,
  type Lease,
  type LeasedRow,
  releaseLease,
} from '#lib/connections/lease';
import { type RefreshAnswer, storeLearntLife, storeRefreshed } from '#lib/connections/store-refreshed';
import { tokenLife } from '#lib/connections/token-life';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { isOAuthError, type OAuthError, type PinnedEndpoints } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

/** Failures without a coded answer: the provider may have rotated the token although we never read the new one. */
const lossy: ReadonlySet<string> = new Set([
  answerLost,
  'provider_timeout',
  'provider_unavailable',
  'token_answer_invalid',
  'answer_too_large',
  'redirect_refused',
]);

/**
 * Spends the refresh token that the lease was taken with, stores what came of it, and gives the lease back.
 * @throws AppError as `refreshConnection`
 */
export async function refreshUnderLease(
  ctx: Context,
  lease: Lease,
  row: LeasedRow,
  provider: ProviderRecord,
): Promise<void> {
  let answer: RefreshAnswer;
  let pinned: PinnedEndpoints;
  try {
    const deps = { fetch: ctx.fetch, now: ctx.now };
    pinned = await endpointsOf(ctx, provider, row);
    const refreshToken = ctx.vault.open(row.refreshToken ?? '', refreshTokenPlace(lease.id));
    if (!(await beginSpending(ctx, lease))) throw new AppError('refresh_in_progress', { retryAfterSeconds: 1 });
    const askedAt = performance.now();
    const tokens = await refreshGrant(provider, pinned, { refreshToken, accountParams: row.accountParams }, deps);
    answer = { tokens, lifeSeconds: tokens.expires_in ?? provider.expires_default, askedAt };
  } catch (error) {
    return endFailed(ctx, lease, row, error);
  }
  const outcome = await storeRefreshed(ctx, lease, answer);
  if (outcome === 'revoked') throw new AppError('revoked');
  if (outcome === 'stored' && answer.tokens.expires_in === null && provider.expiry_probe === 'introspect') {
    await storeLearntLife(ctx, lease, await tokenLife(ctx, provider, pinned, answer.tokens));
  }
}

async function generationOf(ctx: Context, key: ConnectionKey): Promise<number | undefined> {
  const [row] = await ctx.database.db
    .select({ generation: connections.generation, status: connections.status })
    .from(connections)
    .where(and(eq(connections.personId, key.personId), eq(connections.id, key.id)));
  if (row?.status === 'revoked') throw new AppError('revoked');
  return row?.generation;
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
    if ((await generationOf(ctx, lease)) !== lease.generation) return;
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
export function configurationFault(ctx: Context, key: ConnectionKey, provider: string, cause: unknown): AppError {
  ctx.log.error({ event: 'provider_configuration', provider, connection: key.id, err: cause });
  return new AppError('provider_configuration', { cause, retryAfterSeconds: 60 });
}
