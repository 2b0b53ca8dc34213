import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, sql } from 'drizzle-orm';
import { planRefused } from '#lib/connections/keep-refused';
import type { Lease, Leased } from '#lib/connections/lease';
import { keepLateAnswer } from '#lib/connections/replace-grant';
import { type RefreshAnswer, type Sealed, storeAnswer } from '#lib/connections/store-answers';
import { lifeLeft, type TokenLife } from '#lib/connections/token-life';
import {
  accessTokenPlace,
  openTokens,
  refreshTokenPlace,
  type SealedRow,
  sealTokens,
  secondsFromNow,
} from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { type Db, isDatabaseUnavailable, withTransaction } from '#lib/db/database';
import { mayPass } from '#lib/db/may-pass';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { isAppError } from '#lib/errors';
import { record } from '#lib/ledger/record';

/** `stored`; `superseded` by a newer token; `revoked` meanwhile: the tokens are not to be vended. */
export type StoreOutcome = 'stored' | 'superseded' | 'revoked';

/** How long an answer is held while the database takes none: longer than a standby takes to be promoted. */
const patienceMs = 60_000;

function tokenColumns({ tokens, lifeSeconds, askedAt }: RefreshAnswer, sealed: Sealed) {
  return {
    // A new refresh token replaces the old one; where none is returned the old one goes on (RFC 6749 §6).
    ...sealed,
    accessTokenExpiresAt: secondsFromNow(lifeLeft({ seconds: lifeSeconds, from: askedAt })),
    // Scopes may shrink; an answer that names none grants what was granted before (RFC 6749 §6).
    ...(tokens.scopes ? { scopesGranted: tokens.scopes } : {}),
    extras: sql`${connections.extras} || ${JSON.stringify(tokens.extras)}::jsonb`,
    generation: sql`${connections.generation} + 1`,
  };
}

/**
 * Stores a refresh answer, before anything else is done with it, and keeps trying while the database is out of reach or
 * at fault: the only copy of a rotated token is in this process. The generation is the fence, not the lease: an answer that
 * comes after its lease ran out still holds the newest token, unless somebody stored a newer one.
 */
export async function storeRefreshed(ctx: Context, leased: Leased, answer: RefreshAnswer): Promise<StoreOutcome> {
  const { lease } = leased;
  const next = { ...leased.row, generation: lease.generation + 1 };
  const sealed = await sealTokens(ctx, next, answer.tokens, answer.lifeSeconds, answer.spent);
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      if (await storeAnswer({ ctx, leased, answer, sealed })) return 'stored';
      return await storeLate(ctx, lease, answer, sealed);
    } catch (error) {
      const again = isDatabaseUnavailable(error) || mayPass(error);
      if (!again || performance.now() > giveUpAt) throw error;
      ctx.log.warn({ event: 'refresh_store_retried', connection: lease.id, err: error });
      await sleep(randomInt(100, 301));
    }
  }
}

/** Frees the lease where it is still ours; another holder's stays. */
function leaseGivenBack({ owner }: Lease) {
  const ours = sql`${connections.leaseOwner} = ${owner}`;
  return {
    leaseOwner: sql`case when ${ours} then null else ${connections.leaseOwner} end`,
    leaseExpiresAt: sql`case when ${ours} then null else ${connections.leaseExpiresAt} end`,
  };
}

const stored = {
  id: connections.id,
  status: connections.status,
  provider: connections.provider,
  issuer: connections.issuer,
  subject: connections.subject,
  extras: connections.extras,
  accountParams: connections.accountParams,
  generation: connections.generation,
  accessToken: connections.accessToken,
  refreshToken: connections.refreshToken,
};

/** The row's tokens; none where they cannot be opened, which must not keep the late answer from being owned. */
function heldBy(ctx: Context, row: Parameters<typeof openTokens>[1]) {
  try {
    return openTokens(ctx, row);
  } catch (error) {
    if (!isAppError(error)) throw error;
    ctx.log.warn({ event: 'stored_tokens_unreadable', connection: row.id, error_code: error.code });
    return { accessToken: null, refreshToken: null };
  }
}

type RevokedRow = Pick<typeof connections.$inferSelect, 'provider' | 'issuer' | 'subject' | 'accountParams' | 'extras'>;

/** Hands an answer to the revocations that came after the connection's own revocation was over. */
async function planLateRefused(tx: Db, ctx: Context, { personId }: Lease, row: RevokedRow, answer: RefreshAnswer) {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = answer.tokens;
  await planRefused(tx, ctx, {
    ...{ intent: 'refresh', code: 'revoked', personId, provider: row.provider },
    ...{ issuer: row.issuer, subject: row.subject, accountParams: row.accountParams, extras: row.extras },
    received: { accessToken, refreshToken, expiresIn },
  });
}

/** Somebody else changed the row since the token was spent: what of the answer must still be kept. */
async function storeLate(ctx: Context, lease: Lease, answer: RefreshAnswer, sealed: Sealed): Promise<StoreOutcome> {
  const here = and(eq(connections.personId, lease.personId), eq(connections.id, lease.id));
  return withTransaction(ctx.database.db, async (tx) => {
    const [row] = await tx.select(stored).from(connections).where(here).for('update');
    // An earlier attempt was committed although its answer did not reach us.
    if (row?.accessToken === sealed.accessToken) return row.status === 'revoked' ? 'revoked' : 'stored';
    // Sealed anew by now where a reconnect kept it: only what is sealed tells whether it is the one that was spent.
    const shown = row && heldBy(ctx, row);
    const spent = shown?.refreshToken === answer.spent;
    if (row?.status !== 'revoked') {
      if (row && spent) await replaceSpent(tx, ctx, lease, answer, row, shown.accessToken);
      await keepLateAnswer(tx, ctx, lease, answer.spent, answer.tokens);
      return 'superseded';
    }
    // The newest grant is what must be revoked: the row stays revoked, its sealed tokens are those to be ended.
    const pending = tx
      .select({ id: revocations.connectionId })
      .from(revocations)
      .where(
        and(
          eq(revocations.personId, lease.personId),
          eq(revocations.connectionId, lease.id),
          eq(revocations.replacedGeneration, 0),
          eq(revocations.state, 'pending'),
        ),
      );
    let owned: unknown[] = [];
    if (spent) {
      const next = { ...row, generation: row.generation + 1 };
      const anew = await sealTokens(ctx, next, answer.tokens, answer.lifeSeconds, answer.spent);
      owned = await tx
        .update(connections)
        .set({ ...tokenColumns(answer, anew), ...leaseGivenBack(lease) })
        .where(and(here, sql`exists (${pending})`))
        .returning({ id: connections.id });
    }
    // The provider was told already, with tokens that this refresh had replaced.
    if (owned.length === 0) await planLateRefused(tx, ctx, lease, row, answer);
    await record(tx, ctx, {
      action: 'token.refresh_failed',
      outcome: 'refused',
      code: 'revoked',
      personId: lease.personId,
      connectionId: lease.id,
      provider: row.provider,
    });
    return 'revoked';
  });
}

/**
 * A reconnect that brought no refresh token of its own kept the one that was being spent: what replaced that one is kept,
 * or the newer grant would end with it. The generation tells others that the token they may have read is spent.
 */
async function replaceSpent(
  tx: Db,
  ctx: Context,
  lease: Lease,
  { tokens }: RefreshAnswer,
  row: SealedRow,
  accessToken: string | null,
): Promise<void> {
  if (tokens.refresh_token === null) return;
  const next = { ...row, generation: row.generation + 1 };
  await tx
    .update(connections)
    .set({
      accessToken: accessToken === null ? null : await ctx.vault.seal(accessToken, accessTokenPlace(next)),
      refreshToken: await ctx.vault.seal(tokens.refresh_token, refreshTokenPlace(next)),
      refreshTokenExpiresAt: secondsFromNow(tokens.refresh_token_expires_in),
      generation: next.generation,
    })
    .where(and(eq(connections.personId, lease.personId), eq(connections.id, lease.id)));
}

/**
 * Corrects the end of a token that was stored by default, once its life was learnt from the provider. A token stored
 * since then is not touched.
 */
export async function storeLearntLife(ctx: Context, lease: Lease, life: TokenLife): Promise<void> {
  await ctx.database.db
    .update(connections)
    .set({ accessTokenExpiresAt: secondsFromNow(lifeLeft(life)) })
    .where(
      and(
        eq(connections.personId, lease.personId),
        eq(connections.id, lease.id),
        eq(connections.generation, lease.generation + 1),
        eq(connections.status, 'connected'),
      ),
    );
}
