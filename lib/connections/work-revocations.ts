import { randomInt } from 'node:crypto';
import { and, asc, eq, lte, sql } from 'drizzle-orm';
import { revokeUpstream } from '#lib/connections/revoke-upstream';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { type RevocationState, revocations } from '#lib/db/schema/revocations';
import { record } from '#lib/ledger/record';
import { isOAuthError } from '#lib/oauth/types';

interface Key {
  personId: string;
  connectionId: string;
}

/** Longer than an attempt's calls may take together, so that one whose process died is tried again, and no other doubled. */
const claimSeconds = 120;
const firstDelaySeconds = 30;
const longestDelaySeconds = 3600;
/** About three days of hourly attempts: past that the token has most likely expired, and a person should look. */
const maxAttempts = 80;
const batch = 20;

/** True for the revocation of that connection as long as it is not over. */
const pending = ({ personId, connectionId }: Key) =>
  and(eq(revocations.personId, personId), eq(revocations.connectionId, connectionId), eq(revocations.state, 'pending'));

/** Claims a due revocation for this process by moving its next attempt; null where another has it or it is over. */
async function claim(ctx: Context, key: Key): Promise<{ attempts: number } | null> {
  const [claimed] = await ctx.database.db
    .update(revocations)
    .set({
      attempts: sql`${revocations.attempts} + 1`,
      nextAttemptAt: sql`now() + make_interval(secs => ${claimSeconds}::float8)`,
    })
    .where(and(pending(key), lte(revocations.nextAttemptAt, sql`now()`)))
    .returning({ attempts: revocations.attempts });
  return claimed ?? null;
}

async function finish(
  ctx: Context,
  key: Key,
  provider: string,
  state: RevocationState,
  code: string | null,
): Promise<void> {
  await withTransaction(ctx.database.db, async (tx) => {
    const done = await tx
      .update(revocations)
      .set({ state, finishedAt: sql`now()`, lastErrorCode: code })
      .where(pending(key))
      .returning({ state: revocations.state });
    if (done.length === 0) return;
    // The outcome is final: what was kept for it is erased, and with a deleted person whatever tells of them.
    const deleted = sql`exists (select 1 from ${people} as gone where gone.id = ${key.personId} and gone.deleted_at is not null)`;
    await tx
      .update(connections)
      .set({
        accessToken: null,
        refreshToken: null,
        accessTokenExpiresAt: null,
        refreshTokenExpiresAt: null,
        leaseOwner: null,
        leaseExpiresAt: null,
        accountParams: sql`case when ${deleted} then '{}'::jsonb else ${connections.accountParams} end`,
        extras: sql`case when ${deleted} then '{}'::jsonb else ${connections.extras} end`,
      })
      .where(
        and(
          eq(connections.personId, key.personId),
          eq(connections.id, key.connectionId),
          eq(connections.status, 'revoked'),
        ),
      );
    await record(tx, ctx, {
      action: state === 'failed' ? 'revocation.failed' : 'revocation.finished',
      outcome: state === 'failed' ? 'failed' : 'ok',
      code,
      personId: key.personId,
      connectionId: key.connectionId,
      provider,
      details: { state },
    });
  });
}

/** Tries one revocation at its provider, if it is due and nobody else is at it; a failure plans the next attempt. */
export async function workOneRevocation(ctx: Context, key: Key): Promise<void> {
  const claimed = await claim(ctx, key);
  if (!claimed) return;
  const [row] = await ctx.database.db
    .select({
      id: connections.id,
      provider: connections.provider,
      issuer: connections.issuer,
      accountParams: connections.accountParams,
      accessToken: connections.accessToken,
      refreshToken: connections.refreshToken,
      // A refresh that was under way when the person revoked may still bring a newer grant: it is what must be revoked.
      refreshing: sql<boolean>`coalesce(${connections.leaseExpiresAt} > clock_timestamp(), false)`,
    })
    .from(connections)
    .where(and(eq(connections.personId, key.personId), eq(connections.id, key.connectionId)));
  if (!row) return;
  if (row.refreshing) return planNext(ctx, key, 5, null);
  try {
    const outcome = await revokeUpstream(ctx, key.personId, row);
    await finish(ctx, key, row.provider, outcome === 'revoked' ? 'revoked_upstream' : 'unsupported', null);
  } catch (error) {
    await endFailed(ctx, key, row.provider, claimed.attempts, error);
  }
}

async function planNext(ctx: Context, key: Key, seconds: number, code: string | null): Promise<void> {
  await ctx.database.db
    .update(revocations)
    .set({ nextAttemptAt: sql`now() + make_interval(secs => ${seconds}::float8)`, lastErrorCode: code })
    .where(pending(key));
}

/** Plans the next attempt with a growing delay, or gives up after the last. The ledger tells of the first and the end. */
async function endFailed(ctx: Context, key: Key, provider: string, attempts: number, error: unknown): Promise<void> {
  const coded = error instanceof Error && 'code' in error;
  const code = coded ? String(error.code) : 'internal';
  ctx.log.warn({
    event: 'revocation_attempt_failed',
    connection: key.connectionId,
    provider,
    attempt: attempts,
    error_code: code,
    err: error,
  });
  if (attempts >= maxAttempts) return finish(ctx, key, provider, 'failed', code);
  if (attempts === 1) {
    await record(ctx.database.db, ctx, {
      action: 'revocation.failed',
      outcome: 'failed',
      code,
      personId: key.personId,
      connectionId: key.connectionId,
      provider,
      details: { state: 'pending' },
    });
  }
  const asked = isOAuthError(error) ? (error.retryAfterSeconds ?? 0) : 0;
  const backoff = Math.min(longestDelaySeconds, firstDelaySeconds * 2 ** Math.min(attempts - 1, 10));
  await planNext(ctx, key, Math.max(asked, backoff * (randomInt(50, 101) / 100)), code);
}

/** Works off what is due, a few at a time; answers how many were tried. Any number of processes may do so. */
export async function workRevocations(ctx: Context): Promise<number> {
  const due = await ctx.database.db
    .select({ personId: revocations.personId, connectionId: revocations.connectionId })
    .from(revocations)
    .where(and(eq(revocations.state, 'pending'), lte(revocations.nextAttemptAt, sql`now()`)))
    .orderBy(asc(revocations.nextAttemptAt))
    .limit(batch);
  for (const key of due) await workOneRevocation(ctx, key);
  return due.length;
}
