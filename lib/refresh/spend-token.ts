import { assertNotFrozen } from '#lib/connections/frozen';
import { lastLife, saidLife } from '#lib/connections/token-life';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import type { ClockReading } from '#lib/db/clock';
import { AppError, isAppError } from '#lib/errors';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import type { OAuthDeps, PinnedEndpoints, ReceivedTokens } from '#lib/oauth/types';
import { type Ask, NotAsked } from '#lib/provider-calls/call-protected';
import { endpointsOf } from '#lib/provider-calls/endpoints-of';
import type { ProviderRecord } from '#lib/providers/record';
import { holdsTooMuch } from '#lib/refresh/hold-outcome';
import { keepLease } from '#lib/refresh/keep-lease';
import { type Begun, beginSpending, type Leased } from '#lib/refresh/lease';
import { sealRefusedRefresh } from '#lib/refresh/refused-refresh';
import { type HeldAnswer, sealAnswer } from '#lib/refresh/store-answers';
import { longestFollowProofMs } from '#lib/refresh/take-over';
import type { SealedRefused } from '#lib/revocation/plan-refused';
import { msSince } from '#lib/running-time';
import { traced } from '#lib/telemetry/span';

/** Milliseconds for which a proof that was made before a turn at the provider came needs no other. */
const proofMs = 1000;

/**
 * How old the proof may be when the request is written, in milliseconds: half of the lease that kept others off while
 * nothing was spent, and far less than the lease that the proof gave. A process that stood still for longer knows
 * nothing.
 */
const longestProofMs = 15_000;

/** How far a refresh came. */
export interface Call {
  /** The request was about to be written, so the provider may have read it. */
  sent: boolean;
  /** It was not written: this process had stood still since its proof. */
  stale: boolean;
  /** `performance.now()` */
  askedAt: number;
  /** Tokens of refused answers, sealed. */
  refused: SealedRefused[];
}

/** What a refresh brought. */
export interface Spent {
  held: HeldAnswer;
  pinned: PinnedEndpoints;
  clock: ClockReading;
  askedAt: number;
  /** Neither the answer nor the record's default need say how long the token lives: the provider is asked. */
  lifeUnknown: boolean;
}

/** What came of showing a refresh token, for `storeOutcome` to write down. */
export type Outcome = {
  leased: Leased;
  provider: ProviderRecord;
  /** Ends the renewing of the lease. */
  letGo: () => void;
} & ({ spent: Spent } | { error: unknown; call: Call });

/**
 * Spends the refresh token that the lease was taken with. Resolves as soon as the provider has answered, or did not, so
 * that storing keeps no slot of the provider. Hand the outcome to `storeOutcome`: the lease is renewed until then.
 * @param before.letGo ends the renewing that was begun already
 * @param before.begun what `beginSpending` answered where it was done for this lease already
 */
export async function spendToken(
  ctx: Context,
  leased: Leased,
  provider: ProviderRecord,
  ask: Ask,
  { letGo = keepLease(ctx, leased.lease), begun }: { letGo?: () => void; begun?: Begun } = {},
): Promise<Outcome> {
  const call: Call = { sent: false, stale: false, askedAt: 0, refused: [] };
  try {
    const attributes = () => ({ 'grantkeep.provider': provider.id });
    const spent = await traced('refresh', attributes, () => ask(() => spend(ctx, leased, provider, call, begun)));
    return { leased, provider, letGo, spent };
  } catch (error) {
    return { leased, provider, letGo, error, call };
  }
}

/** The last look before the token is shown, unless there was one a moment ago. @throws NotAsked */
async function begin(
  ctx: Context,
  { lease, row }: Leased,
  provider: ProviderRecord,
  before: Begun | undefined,
): Promise<Begun> {
  if (before && msSince(before.provedAt) < proofMs) return before;
  let begun: Begun | undefined;
  try {
    begun = await beginSpending(ctx, lease, provider);
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
  const begun = await begin(ctx, leased, provider, before);
  const longestMs = leased.lease.forgivenSeconds === undefined ? longestProofMs : longestFollowProofMs;
  const beforeSend = () => {
    call.stale = msSince(begun.provedAt) > longestMs;
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
