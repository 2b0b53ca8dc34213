import { and, eq, ne, or, sql } from 'drizzle-orm';
import { fingerprintOf } from '#lib/connections/fingerprint';
import { openTokens, revokedTokenPlaces, sealAt, sealedColumns } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { type RefusedGrant, revocations } from '#lib/db/schema/revocations';
import { isAppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import type { ReceivedTokens } from '#lib/oauth/types';
import { type RevocationKey, refusedGeneration } from '#lib/revocation/claim-revocations';
import { type Fate, fateOfRefused } from '#lib/revocation/refused-fate';

/** An answer with tokens that the hub does not keep as a connection. */
export interface RefusedAnswer extends RefusedGrant {
  /** Names it (`rfg_…`) where it may be written down several times and must be kept once. */
  id?: string;
  personId: string | null;
  provider: string;
  received: ReceivedTokens;
  accountParams: Record<string, string>;
}

/** The same, sealed: a waiting plan holds no token in the clear. Its key stays, however often it is written. */
export interface SealedRefused {
  key: RevocationKey;
  provider: string;
  fingerprints: string[];
  row: Omit<typeof revocations.$inferInsert, keyof RevocationKey | 'provider' | 'requestedBy'> & {
    refused: RefusedGrant;
  };
}

/** Seals a refused answer for the revocation that it may become. */
export async function sealRefused(ctx: Context, answer: RefusedAnswer): Promise<SealedRefused> {
  const { personId, provider, received, accountParams, intent, code, issuer, subject, ended } = answer;
  const key = {
    personId: personId ?? '',
    connectionId: answer.id ?? newId('rfg'),
    replacedGeneration: refusedGeneration,
  };
  const places = revokedTokenPlaces(key, { provider, issuer, accountParams, generation: refusedGeneration });
  const { accessToken, refreshToken, expiresIn } = received;
  return {
    key,
    provider,
    fingerprints: [accessToken, refreshToken].filter((token) => token !== null).map(fingerprintOf),
    row: {
      refused: { intent, code, issuer, subject, extras: answer.extras, ...(ended ? { ended } : {}) },
      ...(await sealAt(ctx, places, { accessToken, refreshToken })),
      accountParams,
      honouredUntil: expiresIn === null ? null : new Date(ctx.now().getTime() + expiresIn * 1000),
    },
  };
}

/** A refused answer, as far as the search for its tokens among live connections needs it. */
interface HeldAsked {
  personId: string;
  provider: string;
  fingerprints: readonly string[];
  refused: RefusedGrant;
}

/**
 * Whether a live connection holds one of these tokens: the answer was stored although the hub did not learn so, or the
 * provider issues one refresh token to an account again and again. Revoking would end that connection.
 */
export async function isHeld(
  db: Db,
  ctx: Context,
  { personId, provider, fingerprints, refused }: HeldAsked,
): Promise<boolean> {
  const { issuer, subject } = refused;
  const account = subject === null ? undefined : and(eq(connections.issuer, issuer), eq(connections.subject, subject));
  const rows = await db
    .select(sealedColumns)
    .from(connections)
    .where(
      and(
        eq(connections.provider, provider),
        ne(connections.status, 'revoked'),
        or(eq(connections.personId, personId), account),
      ),
    );
  return rows.some((one) => {
    try {
      const held = Object.values(openTokens(ctx, one));
      return held.some((token) => token !== null && fingerprints.includes(fingerprintOf(token)));
    } catch (error) {
      if (!isAppError(error)) throw error;
      return false;
    }
  });
}

/** Writes down a sealed answer in the caller's transaction, once. */
export async function planSealed(tx: Db, ctx: Context, sealed: SealedRefused): Promise<Fate> {
  const { key, provider, row } = sealed;
  const { intent, code, subject } = row.refused;
  // An earlier attempt was committed although its answer did not reach us.
  const [known] = await tx
    .select({ id: revocations.connectionId })
    .from(revocations)
    .where(and(eq(revocations.personId, key.personId), eq(revocations.connectionId, key.connectionId)));
  if (known) return 'revoke';
  const { fingerprints } = sealed;
  if (await isHeld(tx, ctx, { personId: key.personId, provider, fingerprints, refused: row.refused })) return 'drop';
  const fate = await fateOfRefused(tx, ctx, provider, row.refused);
  if (fate === 'drop') return fate;
  await tx.insert(revocations).values({
    ...key,
    provider,
    requestedBy: key.personId,
    ...row,
    nextAttemptAt: sql`date_trunc('milliseconds', now())`,
    ...(fate === 'hold'
      ? { state: 'failed' as const, finishedAt: sql`now()`, lastErrorCode: 'other_connections' }
      : {}),
  });
  await record(tx, ctx, {
    action: 'refused.kept',
    outcome: fate === 'hold' ? 'failed' : 'ok',
    code,
    personId: key.personId || null,
    provider,
    details: { refused: key.connectionId, intent, account_known: subject !== null, held: fate === 'hold' },
  });
  return fate;
}

/**
 * Writes down a refused answer in the caller's transaction. The key names the revocation; undefined where nothing is to
 * be revoked.
 */
export async function planRefused(tx: Db, ctx: Context, answer: RefusedAnswer): Promise<RevocationKey | undefined> {
  const sealed = await sealRefused(ctx, answer);
  return (await planSealed(tx, ctx, sealed)) === 'revoke' ? sealed.key : undefined;
}
