import { and, eq, ne, or, sql } from 'drizzle-orm';
import { type RevocationKey, refusedGeneration } from '#lib/connections/claim-revocations';
import { fingerprintOf } from '#lib/connections/fingerprint';
import { type Fate, fateOfRefused } from '#lib/connections/refused-fate';
import { openTokens, revokedTokenPlaces, sealAt, sealedColumns } from '#lib/connections/tokens-at-rest';
import { workOneRevocation } from '#lib/connections/work-one-revocation';
import { type Context, inBackground } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { mayBeTriedAgain } from '#lib/db/may-pass';
import { connections } from '#lib/db/schema/connections';
import { type RefusedGrant, revocations } from '#lib/db/schema/revocations';
import { untilTaken } from '#lib/db/until-taken';
import { isAppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import type { ReceivedTokens } from '#lib/oauth/types';
import { once } from '#lib/registry';

/** An answer with tokens that the hub does not keep as a connection. */
export interface RefusedAnswer extends RefusedGrant {
  /** Names it (`rfg_…`) where it may be written down several times and must be kept once. */
  id?: string;
  personId: string | null;
  provider: string;
  received: ReceivedTokens;
  accountParams: Record<string, string>;
}

/** The same, sealed: what waits in memory holds no token in the clear. Its key stays, however often it is written. */
export interface SealedRefused {
  key: RevocationKey;
  provider: string;
  fingerprints: string[];
  row: Omit<typeof revocations.$inferInsert, keyof RevocationKey | 'provider' | 'requestedBy'> & {
    refused: RefusedGrant;
  };
}

/** Answers that wait in memory for the database; each has two sealed tokens. */
const mostWaiting = 1_000;
const waiting = ({ processId }: Context) => once(`refused-answers ${processId}`, () => ({ count: 0 }));

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
 * Whether a live connection holds one of these tokens: the answer was stored although the hub did not learn so, or the
 * provider issues one refresh token to an account again and again. Revoking would end that connection.
 */
async function isHeld(tx: Db, ctx: Context, { key, provider, fingerprints, row }: SealedRefused): Promise<boolean> {
  const { issuer, subject } = row.refused;
  const account = subject === null ? undefined : and(eq(connections.issuer, issuer), eq(connections.subject, subject));
  const rows = await tx
    .select(sealedColumns)
    .from(connections)
    .where(
      and(
        eq(connections.provider, provider),
        ne(connections.status, 'revoked'),
        or(eq(connections.personId, key.personId), account),
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

async function write(tx: Db, ctx: Context, sealed: SealedRefused): Promise<Fate> {
  const { key, provider, row } = sealed;
  const { intent, code, subject } = row.refused;
  // An earlier attempt was committed although its answer did not reach us.
  const [known] = await tx
    .select({ id: revocations.connectionId })
    .from(revocations)
    .where(and(eq(revocations.personId, key.personId), eq(revocations.connectionId, key.connectionId)));
  if (known) return 'revoke';
  if (await isHeld(tx, ctx, sealed)) return 'drop';
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
  return (await write(tx, ctx, sealed)) === 'revoke' ? sealed.key : undefined;
}

/**
 * Hands the tokens of a refused answer to the revocations: from then on they are revoked at the provider, or held for an
 * administrator where that could end live connections. While the database takes none, the sealed tokens wait in memory
 * until it does or the process ends. Never throws: the refusal has its own answer already.
 */
export async function keepRefused(ctx: Context, answer: RefusedAnswer): Promise<void> {
  try {
    await keepSealed(ctx, await sealRefused(ctx, answer));
  } catch (error) {
    lost(ctx, answer, error);
  }
}

/** @throws where the first attempt fails for good, or too many answers wait already */
async function keepSealed(ctx: Context, sealed: SealedRefused): Promise<void> {
  try {
    await storeRefused(ctx, sealed);
  } catch (error) {
    const held = waiting(ctx);
    if (isAppError(error) || !mayBeTriedAgain(error) || held.count >= mostWaiting) throw error;
    held.count += 1;
    const onFailure = (err: unknown) => ctx.log.warn({ event: 'refused_grant_waits', provider: sealed.provider, err });
    const stored = untilTaken(() => storeRefused(ctx, sealed), { onFailure })
      .catch((last: unknown) => lost(ctx, { ...sealed.row.refused, provider: sealed.provider }, last))
      .finally(() => {
        held.count -= 1;
      });
    inBackground(ctx, 'keep a refused grant', stored);
  }
}

function lost(ctx: Context, { provider, intent, code }: RefusedGrant & { provider: string }, error: unknown): void {
  ctx.log.error({ event: 'refused_grant_lost', provider, intent, error_code: code, err: error });
}

/** Tries once to store a refused answer, and begins to revoke it. Trying again does no harm. */
export async function storeRefused(ctx: Context, sealed: SealedRefused): Promise<void> {
  const fate = await withTransaction(ctx.database.db, (tx) => write(tx, ctx, sealed));
  if (fate === 'revoke') inBackground(ctx, 'revoke a refused grant', workOneRevocation(ctx, sealed.key));
}
