import { randomInt } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { atKey, type ClaimedRevocation, claimRevocation, type RevocationKey } from '#lib/connections/claim-revocations';
import { endpointsOf } from '#lib/connections/endpoints-of';
import { firstEvidence, isSelfContained, mayBeHonoured, verdictOf, withAnswers } from '#lib/connections/evidence';
import { actionsOf, finishRevocation, noProof, type Proof, settleProof } from '#lib/connections/finish-revocation';
import { revokeUpstream } from '#lib/connections/revoke-upstream';
import { accessTokenPlace, refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { tryTokens } from '#lib/connections/try-tokens';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { type Evidence, revocations } from '#lib/db/schema/revocations';
import { record } from '#lib/ledger/record';
import { type GrantTokens, offersRevocation } from '#lib/oauth/revoke-token';
import { isOAuthError, type PinnedEndpoints } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

const firstDelaySeconds = 30;
const longestDelaySeconds = 3600;
/** About three days of hourly attempts: past that the token has most likely expired, and a person should look. */
const maxAttempts = 80;
/** When tokens that are still accepted are tried again: a provider may take a while over a revocation. */
const proofDelaysSeconds = [30, 120, 600, 3600];

/** How an attempt ended; `rest` where its provider should be left alone for a while. */
export type AttemptOutcome = 'done' | 'failed' | 'rest';

/** What an attempt works with. */
interface Grant {
  provider: ProviderRecord;
  pinned: PinnedEndpoints;
  tokens: GrantTokens;
  accountParams: Record<string, string>;
  extras: Record<string, string | number | boolean>;
  accessTokenEndsAt: Date | null;
}

async function readRow(ctx: Context, { personId, connectionId }: RevocationKey) {
  const [row] = await ctx.database.db
    .select({
      issuer: connections.issuer,
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

async function openGrant(
  ctx: Context,
  key: ClaimedRevocation,
  row: NonNullable<Awaited<ReturnType<typeof readRow>>>,
): Promise<Grant | null> {
  const provider = ctx.providers.get(key.provider);
  if (!provider) return null;
  const replaced = key.replacedGeneration !== 0;
  const sealed = replaced ? key : row;
  const accountParams = (replaced ? key.accountParams : null) ?? row.accountParams;
  const { connectionId: id } = key;
  return {
    provider,
    pinned: await endpointsOf(ctx, provider, { issuer: row.issuer, accountParams }),
    tokens: {
      accessToken: sealed.accessToken === null ? null : ctx.vault.open(sealed.accessToken, accessTokenPlace(id)),
      refreshToken: sealed.refreshToken === null ? null : ctx.vault.open(sealed.refreshToken, refreshTokenPlace(id)),
    },
    accountParams,
    extras: row.extras,
    // Of a replaced grant it was written down when it was replaced.
    accessTokenEndsAt: replaced ? await endOfReplaced(ctx, key) : row.accessTokenEndsAt,
  };
}

async function endOfReplaced(ctx: Context, key: RevocationKey): Promise<Date | null> {
  const [row] = await ctx.database.db.select({ at: revocations.honouredUntil }).from(revocations).where(atKey(key));
  return row?.at ?? null;
}

const hasEnded = (ctx: Context, { accessTokenEndsAt }: Grant) =>
  accessTokenEndsAt !== null && accessTokenEndsAt.getTime() <= ctx.now().getTime();

/** Tries the tokens after the provider was told, and says what that comes to. */
async function prove(ctx: Context, key: ClaimedRevocation, grant: Grant, before: Evidence): Promise<Proof> {
  const accessTokenExpired = hasEnded(ctx, grant);
  const { accessToken, refreshToken } = grant.tokens;
  const shown = { accessToken: accessTokenExpired ? null : accessToken, refreshToken };
  const tried = await tryTokens(ctx, grant.provider, grant.pinned, shown, grant);
  const evidence = withAnswers(before, tried, { at: ctx.now().toISOString(), accessTokenExpired });
  const verdict = verdictOf(evidence);
  const honouredUntil = mayBeHonoured(evidence) ? grant.accessTokenEndsAt : null;
  const againSeconds = proofDelaysSeconds[key.proofAttempts];
  if (verdict === 'still_accepted' && againSeconds !== undefined) {
    return { state: 'due', evidence, honouredUntil, againSeconds };
  }
  return { state: verdict, evidence, honouredUntil };
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
  evidence: Evidence | undefined,
): Promise<AttemptOutcome> {
  const { personId, connectionId, provider, attempts } = key;
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
    await finishRevocation(ctx, key, { state: 'failed', code, proof: { ...noProof, evidence: evidence ?? null } });
    return 'failed';
  }
  if (attempts === 1) {
    await record(ctx.database.db, ctx, {
      action: actionsOf(key).failed,
      outcome: 'failed',
      code,
      personId,
      connectionId,
      provider,
      details: { state: 'pending' },
    });
  }
  const asked = isOAuthError(error) ? (error.retryAfterSeconds ?? 0) : 0;
  const backoff = Math.min(longestDelaySeconds, firstDelaySeconds * 2 ** Math.min(attempts - 1, 10));
  await planNext(ctx, key, Math.max(asked, backoff * (randomInt(50, 101) / 100)), code, evidence);
  return transient && asked > 0 ? 'rest' : 'failed';
}

/** Tries the tokens before the provider is told: only one that was accepted can be proved dead afterwards. */
async function lookBefore(ctx: Context, grant: Grant): Promise<Evidence> {
  const { provider, pinned, tokens } = grant;
  const shown = { ...tokens, accessToken: hasEnded(ctx, grant) ? null : tokens.accessToken };
  const tried = offersRevocation(provider, pinned) ? await tryTokens(ctx, provider, pinned, shown, grant) : [];
  return firstEvidence(tried, tokens.accessToken !== null && isSelfContained(tokens.accessToken));
}

/** Tells the provider, and tries the tokens before and after. */
async function tell(ctx: Context, key: ClaimedRevocation, grant: Grant): Promise<AttemptOutcome> {
  let evidence = key.evidence ?? undefined;
  try {
    const { provider, pinned } = grant;
    evidence ??= await lookBefore(ctx, grant);
    const told = await revokeUpstream(ctx, provider, pinned, { key, ...grant });
    if (told.outcome === 'unsupported') {
      const honouredUntil = hasEnded(ctx, grant) ? null : grant.accessTokenEndsAt;
      await finishRevocation(ctx, key, { state: 'unsupported', code: null, proof: { ...noProof, honouredUntil } });
      return 'done';
    }
    if (told.fresh) {
      // The provider had just issued it: that is as good as having seen it accepted.
      const { selfContained } = evidence;
      evidence = { selfContained, tokens: evidence.tokens.filter(({ token }) => token !== 'access_token') };
      evidence.tokens.push({ token: 'access_token', by: null, before: 'accepted', after: null, at: null });
    }
    const now = { ...grant, tokens: told.tokens, ...(told.fresh ? { accessTokenEndsAt: null } : {}) };
    const proof = await prove(ctx, key, now, evidence);
    await finishRevocation(ctx, key, { state: 'revoked_upstream', code: null, proof });
    return 'done';
  } catch (error) {
    return endFailed(ctx, key, error, evidence);
  }
}

/** Tries tokens again that were still accepted after the provider had been told. */
async function tryAgain(ctx: Context, key: ClaimedRevocation, grant: Grant): Promise<AttemptOutcome> {
  const before = key.evidence ?? { tokens: [], selfContained: false };
  await settleProof(ctx, key, await prove(ctx, key, grant, before));
  return 'done';
}

/** Makes the attempt that a claim is for. Never throws for what the provider does: that plans the next attempt. */
export async function workClaimed(ctx: Context, key: ClaimedRevocation): Promise<AttemptOutcome> {
  const row = await readRow(ctx, key);
  if (!row) return 'done';
  if (key.state === 'pending' && row.refreshing && key.replacedGeneration === 0) {
    await planNext(ctx, key, 5, null);
    return 'done';
  }
  let grant: Grant | null;
  try {
    grant = await openGrant(ctx, key, row);
  } catch (error) {
    if (key.state === 'pending') return endFailed(ctx, key, error, undefined);
    throw error;
  }
  if (!grant) {
    if (key.state !== 'pending') {
      await settleProof(ctx, key, { state: 'not_provable', evidence: key.evidence, honouredUntil: null });
      return 'done';
    }
    await finishRevocation(ctx, key, { state: 'unsupported', code: null, proof: noProof });
    return 'done';
  }
  return key.state === 'pending' ? tell(ctx, key, grant) : tryAgain(ctx, key, grant);
}

/** Tries one revocation at its provider, if it is due and nobody else is at it. */
export async function workOneRevocation(ctx: Context, key: RevocationKey): Promise<void> {
  const claimed = await claimRevocation(ctx, key);
  if (claimed) await workClaimed(ctx, claimed);
}
