import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { AppError, type AppErrorOptions } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { isListed } from '#lib/oauth/provider-codes';
import type { OAuthError } from '#lib/oauth/types';
import { callTarget } from '#lib/provider-calls/call-target';
import { backoffSeconds } from '#lib/provider-calls/circuit';
import { wasIllLately } from '#lib/provider-calls/protections';
import { providerDetails } from '#lib/provider-calls/provider-details';
import { isStoppedAt, stopWhereSeveral } from '#lib/provider-calls/provider-stop';
import type { ProviderRecord } from '#lib/providers/record';
import { endsOfGrants } from '#lib/refresh/ends-of-grants';
import { answerLost, endLeaseDead, held, type Lease, type LeasedRow, releaseLease } from '#lib/refresh/lease';
import { seeEnd } from '#lib/refresh/see-end';

/** After a refusal the grant is tried once more this much later. */
export const secondTrySeconds = 300;
/** How much earlier a second refusal counts, since clocks and rounds are not exact. */
const leewaySeconds = 30;

/** Seconds until a grant in doubt may be tried once more, by the database's clock; 0 where it may now, or is in none. */
export const doubtSeconds = sql<number>`coalesce(case when ${connections.refusedGeneration} = ${connections.generation}
  and ${connections.refusedAt} <= clock_timestamp() then greatest(0, extract(epoch from
  ${connections.refusedAt} - clock_timestamp()) + ${sql.raw(String(secondTrySeconds - leewaySeconds))}) end, 0)::float8`;

/** The answer to a caller who needs a token of a grant in doubt. */
export const inDoubt = (seconds: number, { cause, providerError }: Pick<AppErrorOptions, 'cause' | 'providerError'>) =>
  new AppError('grant_in_doubt', { cause, providerError, retryAfterSeconds: Math.max(1, Math.ceil(seconds)) });

interface Refused {
  lease: Lease;
  row: LeasedRow;
  provider: ProviderRecord;
  error: OAuthError;
  /** The hub's own deed that explains it. */
  lost: 'answer_lost' | 'history_lost' | null;
}

/** True where the provider refused this very token some minutes ago. */
const refusedBefore = sql<boolean>`(coalesce(${connections.refusedGeneration} = ${connections.generation}, false)
  and ${doubtSeconds} = 0)`;

async function wasRefused(db: Db, lease: Lease): Promise<boolean> {
  const [row] = await db.select({ refusedBefore }).from(connections).where(held(lease));
  return row?.refusedBefore === true;
}

/** Another grant of the provider was renewed since this one was first refused: its client and its record are in order. */
const othersRenewed = sql<boolean>`exists (select 1 from connections other where other.provider = ${connections}.provider
  and other.issuer = ${connections}.issuer and (other.person_id, other.id) <> (${connections}.person_id, ${connections}.id)
  and other.status = 'connected' and other.last_refreshed_at > ${connections}.refused_at)`;

/**
 * Notes the refusal on the row; one that we brought about says nothing of the provider. Undefined where the lease is no
 * longer ours, or a newer token was stored.
 */
async function noteRefusal(
  tx: Db,
  lease: Lease,
  { providerError }: OAuthError,
  ours: boolean,
): Promise<{ again: boolean; alone: boolean } | undefined> {
  const [before] = await tx
    .select({ again: refusedBefore, alone: sql<boolean>`coalesce(${othersRenewed}, false)` })
    .from(connections)
    .where(held(lease))
    .for('update');
  if (!before) return undefined;
  await tx
    .update(connections)
    .set({
      refusedAt: ours ? null : sql`clock_timestamp()`,
      refusedGeneration: lease.generation,
      refusedWith: providerError ?? null,
    })
    .where(held(lease));
  return before;
}

/**
 * The provider refused to renew the grant with our newest refresh token. Where it may be spent, because an answer was
 * lost while the host was well, or the provider says so, the grant is over. Else it is tried once more some minutes later, since providers were
 * seen to say so to everybody for an hour; and where several people are refused, all refreshes there stop and nothing is
 * final until they go on. A code with two meanings ends nothing by itself: only where the provider
 * renewed another grant meanwhile, this one is meant.
 * @returns `ended`; `doubted`, with the refusal noted; or `superseded` by what another stored meanwhile
 */
export async function endRefused(
  ctx: Context,
  { lease, row, provider, error, lost }: Refused,
): Promise<'ended' | 'doubted' | 'superseded'> {
  const reuse = isListed(provider.reuse_codes, error.providerError ?? '');
  const unclear = error.disposition === 'unclear';
  // A host that is ill loses answers and refuses what it should not: then nothing says that the token was spent.
  const doubtful = lost === 'answer_lost' && wasIllLately(ctx, callTarget(provider, row));
  const atOnce = !unclear && (reuse || (lost !== null && !doubtful));
  // A process died, or a standby lacks it: the provider did as it should, and many may die at once.
  const byUs = atOnce && !reuse && (lost === 'history_lost' || row.lastRefreshError === answerLost);
  // Seen before the transaction, since it may ask the provider; a first refusal is not the end yet.
  const mayEnd = atOnce || (await wasRefused(ctx.database.db, lease));
  const byCode = unclear ? 'refused_alone' : error.code === 'person_needed' ? 'person_needed' : null;
  const name = byCode ?? (mayEnd ? await seeEnd(ctx, lease, row, provider, { lost, reuse }) : 'unexplained');
  const { reason, theft } = endsOfGrants[name];
  const about = { personId: lease.personId, connectionId: lease.id, provider: row.provider };
  const said = providerDetails(error);
  const { code } = error;
  return withTransaction(ctx.database.db, async (tx) => {
    const ours = byUs && !(await isStoppedAt(tx, row));
    const noted = await noteRefusal(tx, lease, error, ours);
    if (!noted) return 'superseded';
    const stopped = !ours && (await stopWhereSeveral(tx, ctx, row));
    const final = !stopped && (atOnce || (noted.again && (!unclear || noted.alone)));
    const tried = { final, ...said };
    await record(tx, ctx, { action: 'token.refresh_failed', outcome: 'failed', code, ...about, details: tried });
    if (!final) {
      const failures = row.refreshFailures + 1;
      const seconds = unclear ? Math.max(secondTrySeconds, backoffSeconds(failures, 15, 3600)) : secondTrySeconds;
      await releaseLease(tx, lease, lost === null ? code : row.lastRefreshError, { failures, seconds });
      return 'doubted';
    }
    await endLeaseDead(tx, lease, reason, code);
    const details = { seen: name, said: error.providerError ?? code, ...said };
    if (theft) await record(tx, ctx, { action: theft.action, outcome: 'failed', code: name, ...about, details });
    await record(tx, ctx, { action: 'connection.needs_reconnect', outcome: 'failed', code: reason, ...about, details });
    return 'ended';
  });
}
