import { sql } from 'drizzle-orm';
import { inKeyOrder, type Leased } from '#lib/connections/lease';
import type { sealTokens } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { createGrouped, oncePerDatabase } from '#lib/db/grouped';
import { toLedgerRow } from '#lib/ledger/record';
import { appendFrom, entryOf } from '#lib/ledger/write-rows';
import type { TokenSet } from '#lib/oauth/types';

/** A refresh answer and when it was asked for (`performance.now()`), from which its life counts at the latest. */
export interface RefreshAnswer {
  tokens: TokenSet;
  /** Seconds that the access token lives, as far as the answer or the provider's record say. */
  lifeSeconds: number | null;
  askedAt: number;
  /** The refresh token that was shown. */
  spent: string;
}

/** Its tokens as the columns hold them. */
export type Sealed = Awaited<ReturnType<typeof sealTokens>>;

interface Answered {
  ctx: Context;
  leased: Leased;
  answer: RefreshAnswer;
  sealed: Sealed;
}

function toValues({ ctx, leased: { lease, row }, answer, sealed }: Answered, n: number) {
  const { tokens, lifeSeconds, askedAt } = answer;
  const age = (performance.now() - askedAt) / 1000;
  const scopes = tokens.scopes ?? row.scopesGranted;
  const entry = toLedgerRow(ctx, {
    action: 'token.refreshed',
    personId: lease.personId,
    connectionId: lease.id,
    provider: row.provider,
    details: { generation: lease.generation + 1, scopes, rotated: tokens.refresh_token !== null },
  });
  return {
    n,
    person_id: lease.personId,
    id: lease.id,
    owner: lease.owner,
    generation: lease.generation,
    access_token: sealed.accessToken,
    seconds: lifeSeconds === null ? null : Math.max(0, lifeSeconds - age),
    refresh_token: sealed.refreshToken ?? null,
    rotated: tokens.refresh_token !== null,
    refresh_seconds: tokens.refresh_token_expires_in,
    // Scopes may shrink; an answer that names none grants what was granted before (RFC 6749 §6).
    scopes,
    extras: tokens.extras,
    entry: entryOf(entry),
  };
}

const answers = oncePerDatabase('store-answers', (database) =>
  createGrouped(async (group: Answered[]): Promise<boolean[]> => {
    const inOrder = [...group.entries()].sort(([, a], [, b]) => inKeyOrder(a.leased.lease, b.leased.lease));
    const values = JSON.stringify(inOrder.map(([n, answered]) => toValues(answered, n)));
    const stored = await database.db.execute(sql`with answer as materialized (
        select * from jsonb_to_recordset(${values}::text::jsonb) as given(n integer, person_id text, id text, owner text,
          generation integer, access_token text, seconds float8, refresh_token text, rotated boolean,
          refresh_seconds float8, scopes text[], extras jsonb, entry jsonb)),
      stored as (
        update connections set access_token = answer.access_token, token_type = 'Bearer',
          access_token_issued_at = clock_timestamp(),
          access_token_expires_at = clock_timestamp() + make_interval(secs => answer.seconds),
          refresh_token = coalesce(answer.refresh_token, connections.refresh_token),
          refresh_token_expires_at = case when not answer.rotated then connections.refresh_token_expires_at
            else clock_timestamp() + make_interval(secs => answer.refresh_seconds) end,
          scopes_granted = answer.scopes, extras = connections.extras || answer.extras,
          generation = connections.generation + 1,
          lease_owner = nullif(connections.lease_owner, answer.owner),
          lease_expires_at = case when connections.lease_owner = answer.owner then null
            else connections.lease_expires_at end,
          status = 'connected', status_reason = null, last_refresh_error = null, refresh_failures = 0,
          next_refresh_attempt_at = null, last_refreshed_at = now()
        from answer
        where connections.person_id = answer.person_id and connections.id = answer.id
          and connections.generation = answer.generation and connections.status <> 'revoked'
        returning answer.n, answer.entry),
      told as (${sql.raw(appendFrom('stored'))})
      select n from stored`);
    const done = new Set(rowsOf<{ n: number }>(stored).map(({ n }) => n));
    return group.map((_, n) => done.has(n));
  }),
);

/**
 * Stores a refresh answer and its ledger entry in one statement, which answers that come at the same time share. False
 * where the row has a newer generation or is revoked: nothing is written then.
 */
export const storeAnswer = (answered: Answered): Promise<boolean> => answers(answered.ctx.database).add(answered);
