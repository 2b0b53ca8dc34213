import { fingerprintOf } from '#lib/connections/fingerprint';
import type { Context } from '#lib/context';
import type { Evidence, TokenEvidence } from '#lib/db/schema/revocations';
import { type GrantTokens, offersRevocation } from '#lib/oauth/revoke-token';
import type { PinnedEndpoints } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';
import type { ClaimedRevocation } from '#lib/revocation/claim-revocations';
import { firstEvidence, isSelfContained, mayBeHonoured, verdictOf, withAnswers } from '#lib/revocation/evidence';
import type { Proof } from '#lib/revocation/finish-revocation';
import { tryTokens } from '#lib/revocation/try-tokens';

/** When tokens that are still accepted are tried again: a provider may take a while over a revocation. */
const proofDelaysSeconds = [30, 120, 600, 3600];

/** A grant that is being revoked, as an attempt needs it. */
export interface RevokedGrant {
  provider: ProviderRecord;
  pinned: PinnedEndpoints;
  tokens: GrantTokens;
  accountParams: Record<string, string>;
  extras: Record<string, string | number | boolean>;
  accessTokenEndsAt: Date | null;
}

export const nothingKnown: Evidence = { tokens: [], selfContained: false };

/** Whether the access token has ended by itself. */
export const hasEnded = (ctx: Context, { accessTokenEndsAt }: RevokedGrant) =>
  accessTokenEndsAt !== null && accessTokenEndsAt.getTime() <= ctx.now().getTime();

/** The result of the evidence: over, or to be tried again as long as a token is still accepted. */
export function conclude(key: ClaimedRevocation, evidence: Evidence, accessTokenEndsAt: Date | null): Proof {
  const verdict = verdictOf(evidence);
  const honouredUntil = mayBeHonoured(evidence) ? accessTokenEndsAt : null;
  const againSeconds = proofDelaysSeconds[key.proofAttempts];
  if (verdict === 'still_accepted' && againSeconds !== undefined) {
    return { state: 'due', evidence, honouredUntil, againSeconds };
  }
  return { state: verdict, evidence, honouredUntil };
}

/** Tries the tokens after the provider was told, and says what that comes to. */
export async function prove(
  ctx: Context,
  key: ClaimedRevocation,
  grant: RevokedGrant,
  before: Evidence,
): Promise<Proof> {
  const accessTokenExpired = hasEnded(ctx, grant);
  const { accessToken, refreshToken } = grant.tokens;
  const shown = { accessToken: accessTokenExpired ? null : accessToken, refreshToken };
  const tried = await tryTokens(ctx, grant.provider, grant.pinned, shown, grant);
  const evidence = withAnswers(before, tried, { at: ctx.now().toISOString(), accessTokenExpired });
  return conclude(key, evidence, grant.accessTokenEndsAt);
}

/** An access token of which nothing was seen by a call. */
const untried = (accessToken: string): TokenEvidence => ({
  ...{ token: 'access_token', fingerprint: fingerprintOf(accessToken) },
  ...{ by: null, before: null, after: null, at: null },
});

/** Tries the tokens before the provider is told: only one that was accepted can be proved dead afterwards. */
export async function lookBefore(ctx: Context, grant: RevokedGrant): Promise<Evidence> {
  const { provider, pinned, tokens } = grant;
  const ended = tokens.accessToken !== null && hasEnded(ctx, grant);
  const shown = { ...tokens, accessToken: ended ? null : tokens.accessToken };
  const tried = offersRevocation(provider, pinned) ? await tryTokens(ctx, provider, pinned, shown, grant) : [];
  const first = firstEvidence(tried, tokens.accessToken !== null && isSelfContained(tokens.accessToken));
  if (!ended || tokens.accessToken === null) return first;
  return { ...first, tokens: [untried(tokens.accessToken), ...first.tokens] };
}
