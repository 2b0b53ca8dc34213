import { and, eq, sql } from 'drizzle-orm';
import { openTokens, revokedTokenPlaces, type SealedRow, sealAt, sealedColumns } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { isAppError } from '#lib/errors';
import type { GrantTokens } from '#lib/oauth/revoke-token';
import type { TokenSet } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';
import { atKey, type RevocationKey } from '#lib/revocation/claim-revocations';
import { fingerprintsOf, isHeld } from '#lib/revocation/is-held';
import { planRefused } from '#lib/revocation/plan-refused';
import type { Place } from '#lib/vault/vault';

/** A grant about to be replaced by a reconnect, as its row holds it. */
export interface ReplacedGrant extends SealedRow {
  accessToken: string | null;
  refreshToken: string | null;
  accessTokenExpiresAt: Date | null;
  accountParams: Record<string, string>;
  extras: Record<string, string | number | boolean>;
  /** A refresh of it is under way, which may bring newer tokens of the same grant. */
  refreshing: boolean;
}

/**
 * Whether revoking one grant leaves another of the same account alone. Not at Google, where any token ends all; not by
 * GitHub's `/grant`; and not where revoking may delete the grant that both hang on, as at Auth0 unless the operator says
 * otherwise (`revoke.blast_radius` of the record).
 */
const mayRevokeReplaced = (provider: ProviderRecord | undefined): boolean =>
  provider !== undefined && provider.revoke.style !== 'none' && provider.revoke.blast_radius === 'token';

/** Locks the connection's row and reads the grant that is about to be replaced. */
export async function readReplaced(tx: Db, personId: string, id: string): Promise<ReplacedGrant | undefined> {
  const [row] = await tx
    .select({
      ...sealedColumns,
      accessTokenExpiresAt: connections.accessTokenExpiresAt,
      extras: connections.extras,
      refreshing: sql<boolean>`coalesce(${connections.leaseExpiresAt} > clock_timestamp(), false)`,
    })
    .from(connections)
    .where(and(eq(connections.personId, personId), eq(connections.id, id)))
    .for('update');
  return row;
}

/** The old tokens; undefined where they cannot be read any more: that must not keep the new grant from being stored. */
export function openOld(ctx: Context, old: ReplacedGrant): GrantTokens | undefined {
  try {
    return openTokens(ctx, old);
  } catch (error) {
    if (!isAppError(error)) throw error;
    ctx.log.warn({ event: 'replaced_grant_unreadable', connection: old.id, error_code: error.code });
    return undefined;
  }
}

/** The grant that took its place. */
export interface ReplacingGrant {
  tokens: TokenSet;
  subject: string;
  /** False where its account parts lead elsewhere than those of the old grant. */
  sameServer: boolean;
}

/** True where a token of the old grant lives on in the new one: then nothing of it may be revoked. */
function livesOn({ accessToken, refreshToken }: GrantTokens, { tokens: fresh, sameServer }: ReplacingGrant): boolean {
  // A consent that is repeated may bring no new refresh token: the old one goes on serving.
  if (sameServer && refreshToken !== null && fresh.refresh_token === null) return true;
  return accessToken === fresh.access_token || (refreshToken !== null && refreshToken === fresh.refresh_token);
}

/**
 * A grant at another server than the new one's, where a revocation could end the account's other grants: no connection
 * shows its tokens any more, so they are held for an administrator.
 */
async function holdElsewhere(tx: Db, ctx: Context, personId: string, old: ReplacedGrant, fresh: ReplacingGrant) {
  const tokens = openOld(ctx, old);
  if (!tokens || livesOn(tokens, fresh)) return undefined;
  const ends = old.accessTokenExpiresAt;
  return planRefused(tx, ctx, {
    ...{ intent: 'reconnect', code: 'replaced_elsewhere', personId, provider: old.provider },
    ...{ issuer: old.issuer, subject: fresh.subject, accountParams: old.accountParams, extras: old.extras },
    received: { ...tokens, expiresIn: ends && Math.max(0, (ends.getTime() - ctx.now().getTime()) / 1000) },
  });
}

/**
 * Writes down, in the transaction of the reconnect, that the grant it replaced is to be revoked, where that leaves the
 * new one alone: repeated connects would otherwise leave live tokens behind, and evict others where a provider counts
 * them. The tokens move into the revocation's row, sealed for it. Elsewhere an administrator decides.
 */
export async function planReplaced(
  tx: Db,
  ctx: Context,
  at: { personId: string; id: string },
  old: ReplacedGrant,
  fresh: ReplacingGrant,
): Promise<RevocationKey | undefined> {
  const { personId, id } = at;
  const provider = ctx.providers.get(old.provider);
  if ((old.accessToken ?? old.refreshToken) === null) return undefined;
  if (!mayRevokeReplaced(provider)) {
    const canBeTold = provider?.revoke.style !== 'none';
    return canBeTold && !fresh.sameServer ? holdElsewhere(tx, ctx, personId, old, fresh) : undefined;
  }
  const tokens = openOld(ctx, old);
  if (!tokens || livesOn(tokens, fresh)) return undefined;
  // A provider may issue one token to an account again and again: then another connection lives by it.
  const account = { issuer: old.issuer, subject: fresh.subject };
  const fingerprints = fingerprintsOf(tokens);
  if (await isHeld(tx, ctx, { personId, provider: old.provider, fingerprints, account, except: id })) return undefined;
  const key = { personId, connectionId: id, replacedGeneration: old.generation };
  await tx.insert(revocations).values({
    ...key,
    provider: old.provider,
    requestedBy: personId,
    // By then a refresh that is under way has ended, even one with an answer that was held through a failover
    // (`keepLateAnswer`).
    nextAttemptAt: old.refreshing ? sql`now() + interval '4 minutes'` : sql`date_trunc('milliseconds', now())`,
    ...(await sealAt(ctx, revokedTokenPlaces(key, old), tokens)),
    accountParams: old.accountParams,
    honouredUntil: old.accessTokenExpiresAt,
  });
  return key;
}

/** A token of a revocation's row; null where it does not open, which must not keep other tokens from being owned. */
function openPending(ctx: Context, value: string, place: Place): string | null {
  try {
    return ctx.vault.open(value, place);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return null;
  }
}

/**
 * Keeps what a refresh brought after its grant was replaced: those tokens are the ones to be revoked.
 * @param spent the refresh token that was shown
 * @returns false where no revocation waits that has the token that was shown
 */
export async function keepLateAnswer(
  tx: Db,
  ctx: Context,
  at: { personId: string; id: string; generation: number },
  spent: string,
  brought: Pick<TokenSet, 'access_token' | 'refresh_token'>,
): Promise<boolean> {
  const key = { personId: at.personId, connectionId: at.id, replacedGeneration: at.generation };
  const waiting = and(atKey(key), eq(revocations.state, 'pending'));
  const [row] = await tx
    .select({
      provider: revocations.provider,
      issuer: connections.issuer,
      accountParams: revocations.accountParams,
      refreshToken: revocations.refreshToken,
    })
    .from(revocations)
    .innerJoin(connections, and(eq(connections.personId, at.personId), eq(connections.id, at.id)))
    .where(waiting)
    .for('update', { of: revocations });
  if (!row?.refreshToken) return false;
  const places = revokedTokenPlaces(key, { ...row, accountParams: row.accountParams ?? {}, generation: at.generation });
  const waits = openPending(ctx, row.refreshToken, places.refreshToken);
  // An earlier attempt was committed although its answer did not reach us.
  if (waits !== null && waits === brought.refresh_token) return true;
  if (waits !== spent) return false;
  const tokens = { accessToken: brought.access_token, refreshToken: brought.refresh_token ?? spent };
  await tx
    .update(revocations)
    .set({ ...(await sealAt(ctx, places, tokens)), evidence: null })
    .where(waiting);
  return true;
}
