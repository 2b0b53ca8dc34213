import { type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { type Evidence, type RefusedGrant, revocations } from '#lib/db/schema/revocations';

/** `replacedGeneration` of a refused grant, which has no connection. */
export const refusedGeneration = -1;

/** Names a revocation; `replacedGeneration` is 0 for the connection's own, -1 for a refused grant. */
export interface RevocationKey {
  personId: string;
  connectionId: string;
  replacedGeneration: number;
}

/** A revocation that this process may work on until its claim runs out. */
export interface ClaimedRevocation extends RevocationKey {
  provider: string;
  /** `pending`: the provider is to be told. Else it was, and its tokens are to be tried again. */
  state: 'pending' | 'revoked_upstream';
  attempts: number;
  proofAttempts: number;
  evidence: Evidence | null;
  /** Sealed; of a replaced or refused grant only. */
  accessToken: string | null;
  refreshToken: string | null;
  accountParams: Record<string, string> | null;
  refused: RefusedGrant | null;
}

/**
 * Longer than an attempt's calls may take together: an attempt of a dead process is tried again, and no other doubled.
 */
const claimSeconds = 120;

/** A row's moments are rounded to the millisecond, up as often as down: one that was just planned is due. */
const isDue = sql`${revocations.nextAttemptAt} <= now() + interval '1 millisecond'`;

/** Open revocations, as their index has them. */
export const unsettled = sql`(${revocations.state} = 'pending' or ${revocations.proof} = 'due')`;

/**
 * Claims due revocations for this process by moving their next attempt, in one statement: any number of processes may
 * do so at once, and each gets different rows. Nothing is locked while a provider is asked.
 */
async function claim(ctx: Context, which: SQL, limit: number): Promise<ClaimedRevocation[]> {
  const claimed = await ctx.database.db.execute(sql`with due as (
      select ${revocations.personId}, ${revocations.connectionId}, ${revocations.replacedGeneration} from ${revocations}
      where ${unsettled} and ${isDue} and ${which}
      order by ${revocations.nextAttemptAt} limit ${limit} for update skip locked)
    update revocations set next_attempt_at = now() + make_interval(secs => ${claimSeconds}::float8),
      attempts = attempts + (state = 'pending')::integer, proof_attempts = proof_attempts + (proof = 'due')::integer
    from due where revocations.person_id = due.person_id and revocations.connection_id = due.connection_id
      and revocations.replaced_generation = due.replaced_generation
    returning revocations.person_id as "personId", revocations.connection_id as "connectionId",
      revocations.replaced_generation as "replacedGeneration", revocations.provider, revocations.state,
      revocations.attempts, revocations.proof_attempts as "proofAttempts", revocations.evidence,
      revocations.access_token as "accessToken", revocations.refresh_token as "refreshToken",
      revocations.account_params as "accountParams", revocations.refused`);
  return rowsOf<ClaimedRevocation & Record<string, unknown>>(claimed);
}

/** Claims one revocation; undefined where it is not due, another process has it, or it is over. */
export async function claimRevocation(ctx: Context, key: RevocationKey): Promise<ClaimedRevocation | undefined> {
  const [claimed] = await claim(ctx, atKey(key), 1);
  return claimed;
}

/** Claims a provider's due revocations, the longest waiting first. */
export function claimDueRevocations(ctx: Context, provider: string, limit: number): Promise<ClaimedRevocation[]> {
  return claim(ctx, sql`${revocations.provider} = ${provider}`, limit);
}

/** Providers that have revocations due. One that is configured no more is among them too. */
export async function providersWithDue(ctx: Context): Promise<string[]> {
  const found = await ctx.database.db.execute(
    sql`select distinct provider from ${revocations} where ${unsettled} and ${isDue}`,
  );
  return rowsOf<{ provider: string }>(found).map(({ provider }) => provider);
}

/** True for that revocation. */
export function atKey({ personId, connectionId, replacedGeneration }: RevocationKey): SQL {
  return sql`(${revocations.personId} = ${personId} and ${revocations.connectionId} = ${connectionId}
    and ${revocations.replacedGeneration} = ${replacedGeneration})`;
}
