import { and, eq } from 'drizzle-orm';
import { tokenLife } from '#lib/connections/token-life';
import { accessTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { mayBeTriedAgain } from '#lib/db/may-pass';
import { connections } from '#lib/db/schema/connections';
import { AppError, isAppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { isOAuthError, type OAuthError } from '#lib/oauth/types';
import { NotAsked } from '#lib/provider-calls/call-protected';
import { backoffSeconds, probeSeconds } from '#lib/provider-calls/circuit';
import { providerDetails } from '#lib/provider-calls/provider-details';
import type { ProviderRecord } from '#lib/providers/record';
import { endRefused, inDoubt, secondTrySeconds } from '#lib/refresh/end-refused';
import { historyLost } from '#lib/refresh/history-lost';
import { holdOutcome } from '#lib/refresh/hold-outcome';
import { refusedAnswer } from '#lib/refresh/late-answer';
import {
  answerLost,
  type BackOff,
  type ConnectionKey,
  type Leased,
  type LeasedRow,
  lossy,
  releaseLease,
} from '#lib/refresh/lease';
import type { Call, Outcome, Spent } from '#lib/refresh/spend-token';
import { storeLearntLife, storeRefreshed } from '#lib/refresh/store-refreshed';
import { keepRefused, storeRefused } from '#lib/revocation/keep-refused';

/**
 * Stores what came of showing a refresh token and gives the lease back, however long the database takes nothing
 * (`holdOutcome`): the only copy of a rotated token may be in the outcome.
 * @throws AppError as `refreshConnection`
 */
export function storeOutcome(ctx: Context, outcome: Outcome): Promise<void> {
  const { leased, provider, letGo } = outcome;
  const write = () =>
    'spent' in outcome
      ? endAnswered(ctx, provider, outcome.spent)
      : endFailed(ctx, leased, provider, outcome.error, outcome.call);
  return holdOutcome(ctx, leased.lease.id, write, letGo);
}

async function endAnswered(ctx: Context, provider: ProviderRecord, spent: Spent): Promise<void> {
  const { held, pinned, clock, askedAt, lifeUnknown } = spent;
  const { lease } = held.leased;
  const outcome = await storeRefreshed(ctx, held).catch(async (error: unknown) => {
    // No other attempt can store it, so the tokens get another owner.
    if (!isAppError(error) && !mayBeTriedAgain(error)) await keepRefused(ctx, refusedAnswer(ctx, held, 'internal'));
    throw error;
  });
  if (outcome === 'revoked') throw new AppError('revoked');
  if (outcome === 'stored' && lifeUnknown) {
    const accessToken = ctx.vault.open(
      held.accessToken,
      accessTokenPlace({ ...held.leased.row, generation: lease.generation + 1 }),
    );
    const life = await tokenLife(ctx, provider, pinned, {
      tokens: { access_token: accessToken, expires_in: null },
      askedAt,
      knownLife: held.leased.row.knownLife,
    });
    await storeLearntLife(ctx, lease, life, clock);
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

async function endFailed(
  ctx: Context,
  { lease, row }: Leased,
  provider: ProviderRecord,
  error: unknown,
  { sent, refused }: Call,
): Promise<void> {
  if (error instanceof NotAsked) {
    // Nothing was spent, so what the row said before is still the truth.
    // Under a freeze it is not asked for anyway; once that is lifted, nothing of the claim should be left.
    const asBefore = error.answer.code === 'frozen' ? { failures: row.refreshFailures, seconds: 0 } : undefined;
    await releaseLease(ctx.database.db, lease, row.lastRefreshError, asBefore);
    throw error.answer;
  }
  for (const answer of refused) await storeRefused(ctx, answer);
  const about = { personId: lease.personId, connectionId: lease.id, provider: row.provider };
  const code = isOAuthError(error) ? error.code : error instanceof AppError ? error.code : 'internal';
  const lostBefore = row.lastRefreshError !== null && lossy.has(row.lastRefreshError);
  const details = providerDetails(error);
  const failure = { action: 'token.refresh_failed', outcome: 'failed', code, ...about, details } as const;
  // A configuration fault has a line of its own, and an outage one of its circuit.
  if (isOAuthError(error) && ['dead_grant', 'unclear', 'answer_invalid'].includes(error.disposition))
    ctx.log.warn({ event: 'refresh_refused', provider: row.provider, connection: lease.id, err: error });
  if (isOAuthError(error) && (error.disposition === 'dead_grant' || error.disposition === 'unclear')) {
    const promoted = !lostBefore && (await historyLost(ctx.database.db, lease));
    const lost = lostBefore ? 'answer_lost' : promoted ? 'history_lost' : null;
    const outcome = await endRefused(ctx, { lease, row, provider, error, lost });
    if (outcome === 'ended') throw new AppError('needs_reconnect', { cause: error });
    if (outcome === 'doubted') throw inDoubt(secondTrySeconds, { cause: error });
    // Somebody else stored a newer token, reconnected or revoked meanwhile: their outcome is ours. Where ours was spent by
    // a holder that came back late, its newer token may have ended with it.
    await releaseLease(ctx.database.db, lease, answerLost);
    if ((await generationOf(ctx, lease)) !== lease.generation) return;
    throw new AppError('refresh_in_progress', { retryAfterSeconds: 1, cause: error });
  }
  await withTransaction(ctx.database.db, async (tx) => {
    // Once an answer may be lost, only a stored one clears that. A fault of our own after the request was sent loses one.
    const lost = sent && !isOAuthError(error);
    const lastError = lostBefore ? row.lastRefreshError : lost ? answerLost : code;
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
