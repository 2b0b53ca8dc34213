import { and, eq, sql } from 'drizzle-orm';
import { fingerprintOf } from '#lib/connections/fingerprint';
import { revokedTokenPlaces, sealAt } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { lockForName } from '#lib/db/advisory-locks';
import type { Db } from '#lib/db/database';
import { type RefusedGrant, revocations } from '#lib/db/schema/revocations';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import type { ReceivedTokens } from '#lib/oauth/types';
import { type RevocationKey, refusedGeneration } from '#lib/revocation/claim-revocations';
import { isHeld } from '#lib/revocation/is-held';
import { type Fate, fateOfRefused } from '#lib/revocation/refused-fate';

/** An answer with tokens that the hub does not keep as a connection. */
export interface RefusedAnswer extends RefusedGrant {
  /** Names it (`rfg_…`) where it may be written down several times, or stored late, and must be kept once. */
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

/**
 * Begins a transaction that stores an answer. It and the one that refuses the answer wait for each other, and the later
 * one sees the earlier: the hub may give up a transaction that the database commits a good while after.
 * @param id names the answer, as `RefusedAnswer.id` does
 * @throws AppError `conflict` where the answer was refused meanwhile: its tokens are revoked, or about to be
 */
export async function assertNotRefused(tx: Db, personId: string, id: string): Promise<void> {
  await lockForName(tx, id);
  if (await isWritten(tx, { personId, connectionId: id })) throw new AppError('conflict');
}

async function isWritten(tx: Db, { personId, connectionId }: Pick<RevocationKey, 'personId' | 'connectionId'>) {
  const [known] = await tx
    .select({ id: revocations.connectionId })
    .from(revocations)
    .where(and(eq(revocations.personId, personId), eq(revocations.connectionId, connectionId)));
  return known !== undefined;
}

/** Writes down a sealed answer in the caller's transaction, once. */
export async function planSealed(tx: Db, ctx: Context, sealed: SealedRefused): Promise<Fate> {
  const { key, provider, row } = sealed;
  const { intent, code, subject } = row.refused;
  await lockForName(tx, key.connectionId);
  // An earlier attempt was committed although its answer did not reach us.
  if (await isWritten(tx, key)) return 'revoke';
  const { fingerprints } = sealed;
  if (await isHeld(tx, ctx, { personId: key.personId, provider, fingerprints, account: row.refused })) return 'drop';
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
