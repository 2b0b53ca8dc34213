import { and, eq } from 'drizzle-orm';
import { assertNotFrozen } from '#lib/connections/frozen';
import { lastLife, saidLife, tokenLife } from '#lib/connections/token-life';
import { accessTokenPlace, refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import type { ClockReading } from '#lib/db/clock';
import { withTransaction } from '#lib/db/database';
import { mayBeTriedAgain } from '#lib/db/may-pass';
import { connections } from '#lib/db/schema/connections';
import { AppError, isAppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import {
  isOAuthError,
  type OAuthDeps,
  type OAuthError,
  type PinnedEndpoints,
  type ReceivedTokens,
} from '#lib/oauth/types';
import { callTarget } from '#lib/provider-calls/call-target';
import { backoffSeconds, probeSeconds } from '#lib/provider-calls/circuit';
import { endpointsOf } from '#lib/provider-calls/endpoints-of';
import { providerDetails } from '#lib/provider-calls/provider-details';
import { askProvider, NotAsked } from '#lib/provider-calls/provider-protection';
import type { ProviderRecord } from '#lib/providers/record';
import { endRefused, inDoubt, secondTrySeconds } from '#lib/refresh/end-refused';
import { historyLost } from '#lib/refresh/history-lost';
import { holdOutcome, holdsTooMuch } from '#lib/refresh/hold-outcome';
import { keepLease } from '#lib/refresh/keep-lease';
import { refusedAnswer } from '#lib/refresh/late-answer';
import {
  answerLost,
  type BackOff,
  type Begun,
  beginSpending,
  type ConnectionKey,
  type Lease,
  type Leased,
  type LeasedRow,
  lossy,
  releaseLease,
} from '#lib/refresh/lease';
import { sealRefusedRefresh } from '#lib/refresh/refused-refresh';
import { type HeldAnswer, sealAnswer } from '#lib/refresh/store-answers';
import { storeLearntLife, storeRefreshed } from '#lib/refresh/store-refreshed';
import { keepRefused, storeRefused } from '#lib/revocation/keep-refused';
import type { SealedRefused } from '#lib/revocation/plan-refused';
import { msSince } from '#lib/running-time';

/** Milliseconds for which a proof that was made before a turn at the provider came needs no other. */
const proofMs = 1000;

/**
 * How old the proof may be when the request is written, in milliseconds: half of the lease that kept others off while
 * nothing was spent, and far less than the lease that the proof gave. A process that stood still for longer knows
 * nothing.
 */
const longestProofMs = 15_000;

/** How far a refresh came. */
interface Call {
  /** The request was about to be written, so the provider may have read it. */
  sent: boolean;
  /** It was not written: this process had stood still since its proof. */
  stale: boolean;
  /** `performance.now()` */
  askedAt: number;
  /** Tokens of refused answers, sealed. */
  refused: SealedRefused[];
}

/**
 * Spends the refresh token that the lease was taken with. Resolves as soon as the provider has answered, or did not; the
 * answered function stores what came of it and gives the lease back, so that storing keeps no slot of the provider. The
 * lease is renewed until then, also while the database takes nothing (`holdOutcome`).
 * @param before.letGo ends the renewing that was begun already
 * @param before.begun what `beginSpending` answered where it was done for this lease already
 */
export async function spendUnderLease(
  ctx: Context,
  leased: Leased,
  provider: ProviderRecord,
  { letGo = keepLease(ctx, leased.lease), begun }: { letGo?: () => void; begun?: Begun } = {},
): Promise<() => Promise<void>> {
  const { lease, row } = leased;
  const call: Call = { sent: false, stale: false, askedAt: 0, refused: [] };
  let settle: () => Promise<void>;
  try {
    const spent = await askProvider(ctx, callTarget(provider, row), () => spend(ctx, leased, provider, call, begun));
    settle = () => endAnswered(ctx, provider, spent);
  } catch (error) {
    settle = () => endFailed(ctx, lease, row, provider, error, call);
  }
  return () => holdOutcome(ctx, lease.id, settle, letGo);
}

/** What a refresh brought. */
interface Spent {
  held: HeldAnswer;
  pinned: PinnedEndpoints;
  clock: ClockReading;
  askedAt: number;
  /** Neither the answer nor the record's default need say how long the token lives: the provider is asked. */
  lifeUnknown: boolean;
}

/** @throws AppError as `refreshConnection` */
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

/** The last look before the token is shown, unless there was one a moment ago. @throws NotAsked */
async function begin(ctx: Context, { lease, row }: Leased, before: Begun | undefined): Promise<Begun> {
  if (before && msSince(before.provedAt) < proofMs) return before;
  let begun: Begun | undefined;
  try {
    begun = await beginSpending(ctx, lease);
    if (begun) return begun;
    await assertNotFrozen(ctx, { provider: row.provider, personId: lease.personId, connectionId: lease.id });
  } catch (error) {
    throw new NotAsked(isAppError(error) ? error : new AppError('unavailable', { cause: error, retryAfterSeconds: 2 }));
  }
  throw new NotAsked(new AppError('refresh_in_progress', { retryAfterSeconds: 1 }));
}

async function spend(
  ctx: Context,
  leased: Leased,
  provider: ProviderRecord,
  call: Call,
  before: Begun | undefined,
): Promise<Spent> {
  const { row } = leased;
  if (holdsTooMuch(ctx)) throw new NotAsked(new AppError('unavailable', { retryAfterSeconds: 5 }));
  const pinned = await endpointsOf(ctx, provider, row);
  const refreshToken = ctx.vault.open(row.refreshToken ?? '', refreshTokenPlace(row));
  const begun = await begin(ctx, leased, before);
  const beforeSend = () => {
    call.stale = msSince(begun.provedAt) > longestProofMs;
    if (call.stale) throw new Error('The proof that the token is unspent is too old.');
    call.sent = true;
    call.askedAt = performance.now();
  };
  const ask: OAuthDeps['fetch'] = async (input, init) => {
    const answer = await ctx.fetch(input, { ...init, beforeSend });
    call.sent = true;
    return answer;
  };
  const received: ReceivedTokens[] = [];
  call.askedAt = performance.now();
  try {
    const deps = { fetch: ask, now: ctx.now, received: (tokens: ReceivedTokens) => void received.push(tokens) };
    const tokens = await refreshGrant(provider, pinned, { refreshToken, accountParams: row.accountParams }, deps);
    const { clock } = begun;
    const { askedAt } = call;
    // Some servers say a life when the code is exchanged and never again (RFC 6749 §5.1 only recommends it).
    const lifeSeconds = saidLife(tokens.expires_in, row.knownLife) ?? lastLife(row.knownLife, provider);
    const held = await sealAnswer(ctx, leased, { tokens, lifeSeconds, askedAt, clock, spent: refreshToken });
    const lifeUnknown = tokens.expires_in === null && provider.expiry_probe === 'introspect';
    return { held, pinned, clock, askedAt, lifeUnknown };
  } catch (error) {
    if (call.stale) throw new NotAsked(new AppError('refresh_in_progress', { cause: error, retryAfterSeconds: 1 }));
    call.refused = await sealRefusedRefresh(ctx, leased, refreshToken, {
      received,
      error,
      provider,
    });
    throw error;
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
  lease: Lease,
  row: LeasedRow,
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
