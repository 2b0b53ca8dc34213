import { randomInt } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { openAt, placesOfRevocation } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { type Evidence, type RefusedGrant, revocations } from '#lib/db/schema/revocations';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import type { GrantTokens } from '#lib/oauth/revoke-token';
import { isOAuthError } from '#lib/oauth/types';
import { endpointsOf } from '#lib/provider-calls/endpoints-of';
import { providerDetails } from '#lib/provider-calls/provider-details';
import { atKey, type ClaimedRevocation, claimRevocation, type RevocationKey } from '#lib/revocation/claim-revocations';
import { isAbout } from '#lib/revocation/evidence';
import {
  aboutOf,
  actionsOf,
  finishRevocation,
  noProof,
  refusedOf,
  settleProof,
} from '#lib/revocation/finish-revocation';
import { isAwaited } from '#lib/revocation/is-awaited';
import { fingerprintsOf, isHeldByAny } from '#lib/revocation/is-held';
import { conclude, hasEnded, lookBefore, nothingKnown, prove, type RevokedGrant } from '#lib/revocation/prove-dead';
import { fateOfRefused } from '#lib/revocation/refused-fate';
import { revokeUpstream } from '#lib/revocation/revoke-upstream';

const firstDelaySeconds = 30;
const longestDelaySeconds = 3600;
/** About three days of hourly attempts: past that the token has most likely expired, and a person should look. */
const maxAttempts = 80;
/** How long a grant that waits for its application puts off the end of another of its account, and for how many attempts. */
const awaited = { seconds: 30, attempts: 40 };

/** How an attempt ended; `rest` where its provider should be left alone for a while. */
export type AttemptOutcome = 'done' | 'failed' | 'rest';

async function readRow(ctx: Context, { personId, connectionId }: RevocationKey) {
  const [row] = await ctx.database.db
    .select({
      provider: connections.provider,
      issuer: connections.issuer,
      generation: connections.generation,
      accountParams: connections.accountParams,
      extras: connections.extras,
      accessToken: connections.accessToken,
      refreshToken: connections.refreshToken,
      accessTokenEndsAt: connections.accessTokenExpiresAt,
      // A refresh that was under way when the person revoked may still bring a newer grant: it is what must be revoked.
      refreshing: sql<boolean>`coalesce(${connections.leaseExpiresAt} > clock_timestamp(), false)`,
    })
    .from(connections)
    .where(and(eq(connections.personId, personId), eq(connections.id, connectionId)));
  return row;
}

/** A refused grant has no connection: its revocation has the needed facts of one. */
const refusedRow = (
  provider: string,
  { issuer, extras }: RefusedGrant,
): NonNullable<Awaited<ReturnType<typeof readRow>>> => ({
  provider,
  issuer,
  generation: 0,
  extras,
  accountParams: {},
  accessToken: null,
  refreshToken: null,
  accessTokenEndsAt: null,
  refreshing: false,
});

async function openGrant(
  ctx: Context,
  key: ClaimedRevocation,
  row: NonNullable<Awaited<ReturnType<typeof readRow>>>,
): Promise<RevokedGrant | null> {
  const provider = ctx.providers.get(key.provider);
  if (!provider) return null;
  const inRow = key.replacedGeneration !== 0;
  const sealed = inRow ? key : row;
  const accountParams = (inRow ? key.accountParams : null) ?? row.accountParams;
  // Else tokens that were sealed for one provider would be shown to the other that the revocation's row names.
  if (!inRow && key.provider !== row.provider) throw new AppError('vault_wrong_place');
  const places = placesOfRevocation(key, row);
  return {
    provider,
    pinned: await endpointsOf(ctx, provider, { issuer: row.issuer, accountParams }),
    tokens: openAt(ctx, places, sealed),
    accountParams,
    extras: row.extras,
    accessTokenEndsAt: await endOf(ctx, key, row),
  };
}

/** When the access token ends by itself. Of a replaced grant it was written down when that was replaced. */
async function endOf(ctx: Context, key: RevocationKey, row: { accessTokenEndsAt: Date | null }): Promise<Date | null> {
  if (key.replacedGeneration === 0) return row.accessTokenEndsAt;
  const [replaced] = await ctx.database.db
    .select({ at: revocations.honouredUntil })
    .from(revocations)
    .where(atKey(key));
  return replaced?.at ?? null;
}

async function planNext(
  ctx: Context,
  key: RevocationKey,
  seconds: number,
  code: string | null,
  evidence?: Evidence,
): Promise<void> {
  await ctx.database.db
    .update(revocations)
    .set({
      nextAttemptAt: sql`now() + make_interval(secs => ${seconds}::float8)`,
      lastErrorCode: code,
      ...(evidence ? { evidence } : {}),
    })
    .where(and(atKey(key), eq(revocations.state, 'pending')));
}

/** Plans the next attempt with a growing delay, or gives up after the last. The ledger tells of the first and the end. */
async function endFailed(
  ctx: Context,
  key: ClaimedRevocation,
  error: unknown,
  known: { evidence?: Evidence | undefined; accessTokenEndsAt?: Date | null; tokens?: GrantTokens } = {},
): Promise<AttemptOutcome> {
  const { connectionId, provider, attempts } = key;
  const coded = error instanceof Error && 'code' in error;
  const code = coded ? String(error.code) : 'internal';
  ctx.log.warn({
    event: 'revocation_attempt_failed',
    connection: connectionId,
    provider,
    attempt: attempts,
    error_code: code,
    err: error,
  });
  const transient = isOAuthError(error) && error.disposition === 'transient';
  if (attempts >= maxAttempts) {
    const proof = { ...noProof, evidence: known.evidence ?? null, honouredUntil: known.accessTokenEndsAt ?? null };
    const { tokens } = known;
    await finishRevocation(ctx, key, { state: 'failed', code, proof, tokens, said: providerDetails(error) });
    return 'failed';
  }
  if (attempts === 1) {
    await record(ctx.database.db, ctx, {
      action: actionsOf(key).failed,
      outcome: 'failed',
      code,
      ...aboutOf(key),
      provider,
      details: { state: 'pending', ...refusedOf(key), ...providerDetails(error) },
    });
  }
  const asked = isOAuthError(error) ? (error.retryAfterSeconds ?? 0) : 0;
  const backoff = Math.min(longestDelaySeconds, firstDelaySeconds * 2 ** Math.min(attempts - 1, 10));
  await planNext(ctx, key, Math.max(asked, backoff * (randomInt(50, 101) / 100)), code, known.evidence);
  return transient && asked > 0 ? 'rest' : 'failed';
}

async function keepLook(ctx: Context, key: RevocationKey, evidence: Evidence): Promise<void> {
  await ctx.database.db
    .update(revocations)
    .set({ evidence })
    .where(and(atKey(key), eq(revocations.state, 'pending')));
}

/** Tells the provider, and tries the tokens before and after. */
async function tell(ctx: Context, key: ClaimedRevocation, grant: RevokedGrant): Promise<AttemptOutcome> {
  let evidence = key.evidence ?? undefined;
  try {
    const { provider, pinned } = grant;
    if (!evidence || !isAbout(evidence, grant.tokens)) {
      evidence = await lookBefore(ctx, grant);
      // Before the provider is told: after a kill the next attempt finds the tokens dead, and could prove nothing.
      await keepLook(ctx, key, evidence);
    }
    const told = await revokeUpstream(ctx, provider, pinned, { key, ...grant, evidence });
    if (told.outcome === 'unsupported') {
      const honouredUntil = hasEnded(ctx, grant) ? null : grant.accessTokenEndsAt;
      const proof = { ...noProof, honouredUntil };
      await finishRevocation(ctx, key, { state: 'unsupported', code: null, proof, tokens: told.tokens });
      return 'done';
    }
    evidence = told.evidence;
    const now = { ...grant, tokens: told.tokens, ...(told.fresh ? { accessTokenEndsAt: null } : {}) };
    const proof = await prove(ctx, key, now, evidence);
    await finishRevocation(ctx, key, { state: 'revoked_upstream', code: null, proof, tokens: told.tokens });
    return 'done';
  } catch (error) {
    return endFailed(ctx, key, error, { evidence, accessTokenEndsAt: grant.accessTokenEndsAt, tokens: grant.tokens });
  }
}

/** Tries tokens again that were still accepted after the provider had been told. */
async function tryAgain(ctx: Context, key: ClaimedRevocation, grant: RevokedGrant): Promise<AttemptOutcome> {
  await settleProof(ctx, key, await prove(ctx, key, grant, key.evidence ?? nothingKnown));
  return 'done';
}

/** Makes the attempt that a claim is for. Never throws for what the provider does: that plans the next attempt. */
export async function workClaimed(ctx: Context, key: ClaimedRevocation): Promise<AttemptOutcome> {
  const row = key.refused ? refusedRow(key.provider, key.refused) : await readRow(ctx, key);
  if (!row) return 'done';
  if (key.state === 'pending' && row.refreshing && key.replacedGeneration === 0) {
    await planNext(ctx, key, 5, null);
    return 'done';
  }
  let grant: RevokedGrant | null;
  try {
    grant = await openGrant(ctx, key, row);
  } catch (error) {
    if (key.state === 'pending') return endFailed(ctx, key, error);
    // The provider was told; only the trying failed, so what was found before stands.
    ctx.log.warn({ event: 'token_check_failed', connection: key.connectionId, provider: key.provider, err: error });
    await settleProof(ctx, key, conclude(key, key.evidence ?? nothingKnown, await endOf(ctx, key, row)));
    return 'failed';
  }
  if (!grant) {
    if (key.state !== 'pending') {
      await settleProof(ctx, key, { state: 'not_provable', evidence: key.evidence, honouredUntil: null });
      return 'done';
    }
    // The record may come back: until then the tokens stay, since nothing else could revoke the grant.
    await finishRevocation(ctx, key, { state: 'failed', code: 'unknown_provider', proof: noProof });
    return 'failed';
  }
  // A connection to the same account may have been made since the grant was refused, also with these very tokens: by a
  // transaction that was given up and committed late.
  if (key.state === 'pending' && key.refused) {
    const { db } = ctx.database;
    const { personId, provider, refused } = key;
    const asked = { personId, provider, fingerprints: fingerprintsOf(grant.tokens), account: refused };
    const held = !refused.evenOthers && (await isHeldByAny(ctx, asked));
    if (held || (await fateOfRefused(db, ctx, provider, refused)) !== 'revoke') {
      await finishRevocation(ctx, key, {
        state: 'failed',
        code: 'other_connections',
        tokens: grant.tokens,
        proof: { ...noProof, evidence: key.evidence, honouredUntil: grant.accessTokenEndsAt },
      });
      return 'done';
    }
    // Its application may complete it yet; then the connection decides. Bounded, so that new ones put nothing off for ever.
    if (!refused.evenOthers && key.attempts <= awaited.attempts && (await isAwaited(ctx, asked))) {
      await planNext(ctx, key, awaited.seconds, 'other_connections');
      return 'done';
    }
  }
  return key.state === 'pending' ? tell(ctx, key, grant) : tryAgain(ctx, key, grant);
}

/** Tries one revocation at its provider, if it is due and no other process is at it. */
export async function workOneRevocation(ctx: Context, key: RevocationKey): Promise<void> {
  const claimed = await claimRevocation(ctx, key);
  if (claimed) await workClaimed(ctx, claimed);
}
