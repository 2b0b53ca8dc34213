import { and, eq } from 'drizzle-orm';
import { callTarget } from '#lib/connections/call-target';
import { backoffSeconds, probeSeconds } from '#lib/connections/circuit';
import { endRefused, inDoubt, secondTrySeconds } from '#lib/connections/end-refused';
import { endpointsOf } from '#lib/connections/endpoints-of';
import { assertNotFrozen } from '#lib/connections/frozen';
import { keepLease } from '#lib/connections/keep-lease';
import {
  answerLost,
  type BackOff,
  beginSpending,
  type ConnectionKey,
  type Lease,
  type Leased,
  type LeasedRow,
  releaseLease,
} from '#lib/connections/lease';
import { askProvider, NotAsked } from '#lib/connections/provider-protection';
import type { RefreshAnswer } from '#lib/connections/store-answers';
import { storeLearntLife, storeRefreshed } from '#lib/connections/store-refreshed';
import { tokenLife } from '#lib/connections/token-life';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { AppError, isAppError } from '#lib/errors';
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

/** Milliseconds for which the proof that the row can be written holds: far less than the lease that it renewed. */
const proofMs = 1000;

/**
 * Spends the refresh token that the lease was taken with. Resolves as soon as the provider has answered, or did not; the
 * answered function stores what came of it and gives the lease back, so that storing keeps no slot of the provider. The
 * lease is renewed until then.
 * @param begun.letGo ends the renewing that was begun already
 * @param begun.provedAt `performance.now()` when `beginSpending` was done for this lease already
 */
export async function spendUnderLease(
  ctx: Context,
  { lease, row }: Leased,
  provider: ProviderRecord,
  { letGo = keepLease(ctx, lease), provedAt }: { letGo?: () => void; provedAt?: number } = {},
): Promise<() => Promise<void>> {
  let settle: () => Promise<void>;
  try {
    const { answer, pinned } = await askProvider(ctx, callTarget(provider, row), () =>
      spend(ctx, lease, row, provider, provedAt),
    );
    settle = () => endAnswered(ctx, { lease, row }, provider, answer, pinned);
  } catch (error) {
    settle = () => endFailed(ctx, lease, row, provider, error);
  }
  return () => settle().finally(letGo);
}

/** @throws AppError as `refreshConnection` */
async function endAnswered(
  ctx: Context,
  leased: Leased,
  provider: ProviderRecord,
  answer: RefreshAnswer,
  pinned: PinnedEndpoints,
): Promise<void> {
  const outcome = await storeRefreshed(ctx, leased, answer);
  if (outcome === 'revoked') throw new AppError('revoked');
  if (outcome === 'stored' && answer.tokens.expires_in === null && provider.expiry_probe === 'introspect') {
    await storeLearntLife(ctx, leased.lease, await tokenLife(ctx, provider, pinned, answer));
  }
}

async function spend(ctx: Context, lease: Lease, row: LeasedRow, provider: ProviderRecord, provedAt = -Infinity) {
  const deps = { fetch: ctx.fetch, now: ctx.now };
  const pinned = await endpointsOf(ctx, provider, row);
  const refreshToken = ctx.vault.open(row.refreshToken ?? '', refreshTokenPlace(row));
  const proved = performance.now() - provedAt < proofMs || (await beginSpending(ctx, lease));
  if (!proved) {
    await assertNotFrozen(ctx, { provider: provider.id, personId: lease.personId, connectionId: lease.id }).catch(
      (error: unknown) => {
        throw isAppError(error) ? new NotAsked(error) : error;
      },
    );
    throw new AppError('refresh_in_progress', { retryAfterSeconds: 1 });
  }
  const askedAt = performance.now();
  const tokens = await refreshGrant(provider, pinned, { refreshToken, accountParams: row.accountParams }, deps);
  const answer: RefreshAnswer = {
    tokens,
    lifeSeconds: tokens.expires_in ?? provider.expires_default,
    askedAt,
    spent: refreshToken,
  };
  return { answer, pinned };
}

async function generationOf(ctx: Context, key: ConnectionKey): Promise<number | undefined> {
  const [row] = await ctx.database.db
    .select({ generation: connections.generation, status: connections.status })
    .from(connections)
    .where(and(eq(connections.personId, key.personId), eq(connections.id, key.id)));
  if (row?.status === 'revoked') throw new AppError('revoked');
  return row?.generation;
}

async function endFailed(
  ctx: Context,
  lease: Lease,
  row: LeasedRow,
  provider: ProviderRecord,
  error: unknown,
): Promise<void> {
  if (error instanceof NotAsked) {
    // Nothing was spent, so what the row said before is still the truth.
    // Under a brake it is not asked for anyway; once that is lifted, nothing of the claim should be left.
    const asBefore = error.answer.code === 'frozen' ? { failures: row.refreshFailures, seconds: 0 } : undefined;
    await releaseLease(ctx.database.db, lease, row.lastRefreshError, asBefore);
    throw error.answer;
  }
  const about = { personId: lease.personId, connectionId: lease.id, provider: row.provider };
  const code = isOAuthError(error) ? error.code : error instanceof AppError ? error.code : 'internal';
  const lostBefore = row.lastRefreshError !== null && lossy.has(row.lastRefreshError);
  const failure = { action: 'token.refresh_failed', outcome: 'failed', code, ...about } as const;
  if (isOAuthError(error) && error.disposition === 'dead_grant') {
    const outcome = await endRefused(ctx, { lease, row, provider, error, lost: lostBefore ? 'answer_lost' : null });
    if (outcome === 'ended') throw new AppError('needs_reconnect', { cause: error });
    if (outcome === 'doubted') throw inDoubt(secondTrySeconds, error);
    // Somebody else stored a newer token, reconnected or revoked meanwhile: their outcome is ours.
    await releaseLease(ctx.database.db, lease, code);
    if ((await generationOf(ctx, lease)) !== lease.generation) return;
    throw new AppError('refresh_in_progress', { retryAfterSeconds: 1, cause: error });
  }
  await withTransaction(ctx.database.db, async (tx) => {
    // Once an answer may be lost, only a stored one clears that.
    const lastError = lostBefore ? row.lastRefreshError : code;
    if (await releaseLease(tx, lease, lastError, backOffAfter(row, error))) await record(tx, ctx, failure);
  });
  if (!isOAuthError(error)) throw error;
  if (error.disposition === 'configuration') throw configurationFault(ctx, lease, row.provider, error);
  throw unavailable(error);
}

/** At least as long as the provider asked for; jittered, and doubled with each failure up to an hour. */
function backOffAfter({ refreshFailures }: LeasedRow, error: unknown): BackOff {
  const failures = refreshFailures + 1;
  const asked = (isOAuthError(error) ? error.retryAfterSeconds : undefined) ?? 0;
  return { failures, seconds: Math.max(asked, backoffSeconds(failures, 15, 3600)) };
}

function unavailable(error: OAuthError): AppError {
  // The hub itself asks again within a longer pause: a caller need not stay away for all of it.
  const retryAfterSeconds = Math.min(error.retryAfterSeconds ?? 5, probeSeconds);
  return new AppError('provider_unavailable', { cause: error, retryAfterSeconds });
}

/** The hub's own fault, never the person's: said loudly, and nothing about the connection changes. */
export function configurationFault(ctx: Context, key: ConnectionKey, provider: string, cause: unknown): AppError {
  ctx.log.error({ event: 'provider_configuration', provider, connection: key.id, err: cause });
  return new AppError('provider_configuration', { cause, retryAfterSeconds: 60 });
}
