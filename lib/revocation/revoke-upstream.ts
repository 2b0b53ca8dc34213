import { and, eq } from 'drizzle-orm';
import { fingerprintOf } from '#lib/connections/fingerprint';
import {
  openAt,
  openTokens,
  placesOfRevocation,
  sealAt,
  sealedColumns,
  sealTokens,
} from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { type Evidence, revocations } from '#lib/db/schema/revocations';
import { untilTaken } from '#lib/db/until-taken';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { type GrantTokens, type RevocationOutcome, revokeGrant } from '#lib/oauth/revoke-token';
import { isOAuthError, type PinnedEndpoints, type ReceivedTokens, type TokenSet } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';
import { atKey, type ClaimedRevocation } from '#lib/revocation/claim-revocations';
import { planRefused } from '#lib/revocation/plan-refused';

/** How telling the provider went. */
export interface ToldUpstream {
  outcome: RevocationOutcome;
  /**
   * The tokens that the provider was told with: other ones than given where a live access token had to be got first.
   */
  tokens: GrantTokens;
  /** True where `tokens` were issued a moment before. */
  fresh: boolean;
  /** The facts of `tokens` from before the provider was told. */
  evidence: Evidence;
}

/** The provider had just issued this access token: that is as good as having seen it accepted. */
function evidenceOfFresh({ selfContained, tokens }: Evidence, accessToken: string): Evidence {
  const issued = { token: 'access_token', fingerprint: fingerprintOf(accessToken), before: 'accepted' } as const;
  const others = tokens.filter(({ token }) => token !== 'access_token');
  return { selfContained, tokens: [...others, { ...issued, by: null, after: null, at: null }] };
}

/** Longer than a standby takes to be promoted, and shorter than a revocation's claim lasts. */
const storePatienceMs = 60_000;

type Fresh = Pick<TokenSet, 'access_token' | 'expires_in' | 'refresh_token' | 'refresh_token_expires_in'>;

/**
 * Gives tokens an owner that are about to be written over: those of a refresh that came back late, while this revocation
 * refreshed, too. The provider forgave that the same token was spent twice, so both are good.
 */
async function keepLate(
  ctx: Context,
  tx: Db,
  key: ClaimedRevocation,
  { issuer, subject }: { issuer: string; subject: string },
  stored: GrantTokens,
): Promise<void> {
  const { personId, provider, accountParams } = key;
  await planRefused(tx, ctx, {
    ...{ intent: 'refresh', code: 'revoked', ended: true, personId, provider, issuer, subject, extras: {} },
    ...{ accountParams: accountParams ?? {}, received: { ...stored, expiresIn: null } },
  });
}

/**
 * Keeps what a refresh answered, with its evidence: should the provider fail now or this process die, the next attempt
 * needs what replaced the old tokens.
 */
async function keepFresh(
  ctx: Context,
  tx: Db,
  key: ClaimedRevocation,
  { fresh, spent, evidence }: { fresh: Fresh; spent: string; evidence: Evidence },
): Promise<void> {
  const { personId, connectionId, replacedGeneration } = key;
  await tx
    .update(revocations)
    .set({ evidence })
    .where(and(atKey(key), eq(revocations.state, 'pending')));
  const here = and(eq(connections.personId, personId), eq(connections.id, connectionId));
  const [row] = await tx
    .select({ ...sealedColumns, subject: connections.subject, status: connections.status })
    .from(connections)
    .where(here)
    .for('update');
  const isLate = ({ refreshToken }: GrantTokens) =>
    refreshToken !== null && refreshToken !== spent && refreshToken !== fresh.refresh_token;
  if (replacedGeneration === 0) {
    if (row?.status !== 'revoked') return;
    const stored = openTokens(ctx, row);
    if (isLate(stored)) await keepLate(ctx, tx, { ...key, accountParams: row.accountParams }, row, stored);
    const next = { ...row, generation: row.generation + 1 };
    const sealed = await sealTokens(ctx, next, fresh, fresh.expires_in, { kept: spent });
    await tx
      .update(connections)
      .set({ ...sealed, generation: next.generation })
      .where(here);
    return;
  }
  const places = placesOfRevocation(key, row);
  const { accessToken, refreshToken } = revocations;
  const [sealed] = await tx.select({ accessToken, refreshToken }).from(revocations).where(atKey(key)).for('update');
  const stored = sealed && openAt(ctx, places, sealed);
  if (row && stored && isLate(stored)) await keepLate(ctx, tx, key, row, stored);
  const newest = { accessToken: fresh.access_token, refreshToken: fresh.refresh_token ?? spent };
  await tx
    .update(revocations)
    .set(await sealAt(ctx, places, newest))
    .where(atKey(key));
}

/**
 * Tells the provider that a grant is over; where only a live access token can end it, gets one first.
 * @throws OAuthError; a transient one where trying again later makes sense
 */
export async function revokeUpstream(
  ctx: Context,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  given: { key: ClaimedRevocation; tokens: GrantTokens; accountParams: Record<string, string>; evidence: Evidence },
): Promise<ToldUpstream> {
  const { key, tokens, accountParams, evidence } = given;
  try {
    return { outcome: await revokeGrant(provider, pinned, tokens, ctx), tokens, fresh: false, evidence };
  } catch (error) {
    if (!isOAuthError(error) || error.code !== 'token_rejected' || tokens.refreshToken === null) throw error;
    const spent = tokens.refreshToken;
    const received: ReceivedTokens[] = [];
    // The only copy of these tokens is in this process.
    const keep = (fresh: Fresh, known: Evidence) =>
      untilTaken(
        () => withTransaction(ctx.database.db, (tx) => keepFresh(ctx, tx, key, { fresh, spent, evidence: known })),
        {
          onFailure: (err) => ctx.log.warn({ event: 'fresh_tokens_store_retried', err }),
          patienceMs: storePatienceMs,
        },
      );
    try {
      const deps = { ...ctx, received: (tokens: ReceivedTokens) => void received.push(tokens) };
      const fresh = await refreshGrant(provider, pinned, { refreshToken: spent, accountParams }, deps);
      received.length = 0;
      const known = evidenceOfFresh(evidence, fresh.access_token);
      await keep(fresh, known);
      const renewed = { accessToken: fresh.access_token, refreshToken: fresh.refresh_token ?? spent };
      return {
        outcome: await revokeGrant(provider, pinned, renewed, ctx),
        tokens: renewed,
        fresh: true,
        evidence: known,
      };
    } catch (second) {
      // An answer that was refused may hold what replaced the old tokens: the next attempt tells the provider with those.
      const newest = received.findLast(({ refreshToken }) => refreshToken !== null && refreshToken !== spent);
      const accessToken = newest?.accessToken ?? tokens.accessToken;
      if (newest && accessToken !== null) {
        const { refreshToken, expiresIn } = newest;
        const fresh = { access_token: accessToken, refresh_token: refreshToken };
        await keep({ ...fresh, expires_in: expiresIn, refresh_token_expires_in: null }, evidence);
        throw second;
      }
      // A grant that can no longer be refreshed is over already.
      if (isOAuthError(second) && second.disposition === 'dead_grant') {
        return { outcome: 'revoked', tokens, fresh: false, evidence };
      }
      throw second;
    }
  }
}
