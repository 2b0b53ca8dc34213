import { sql } from 'drizzle-orm';
import { sealTokens } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { type ClockReading, databaseTime } from '#lib/db/clock';
import { rowsOf } from '#lib/db/database';
import { createGrouped, oncePerDatabase } from '#lib/db/grouped';
import { newId } from '#lib/ids';
import { toLedgerRow } from '#lib/ledger/record';
import { appendFrom, entryOf } from '#lib/ledger/write-rows';
import type { TokenSet } from '#lib/oauth/types';
import { answerLost, inKeyOrder, type Leased } from '#lib/refresh/lease';

/** A refresh answer and when it was asked for, from which its life counts at the latest. */
export interface RefreshAnswer {
  tokens: TokenSet;
  /** Seconds that the access token lives, as far as the answer or the provider's record say. */
  lifeSeconds: number | null;
  /** `performance.now()` right before it was asked for. */
  askedAt: number;
  /** The database's clock shortly before. */
  clock: ClockReading;
  /** The refresh token that was shown. */
  spent: string;
}

/** A refresh answer as this process keeps it until the database has it: no token stands in it in the clear. */
export interface HeldAnswer {
  leased: Leased;
  /** Names the answer among the revocations (`rfg_…`), should its connection not take it. */
  refusedId: string;
  /** Sealed for the connection's columns, as of the next generation. */
  accessToken: string;
  /** The new one, or the one that was shown where the answer brought none. */
  refreshToken: string | null;
  /** The answer brought a new refresh token. */
  rotated: boolean;
  /** Null: as granted before. */
  scopes: string[] | null;
  extras: TokenSet['extras'];
  /** Seconds since 1970 by the database's clock, from which both lives count. */
  askedAt: number;
  lifeSeconds: number | null;
  refreshLifeSeconds: number | null;
}

/** Seals an answer, before anything else is done with it. */
export async function sealAnswer(ctx: Context, leased: Leased, answer: RefreshAnswer): Promise<HeldAnswer> {
  const { tokens, lifeSeconds, spent } = answer;
  const askedAt = databaseTime(answer.clock, answer.askedAt);
  const next = { ...leased.row, generation: leased.lease.generation + 1 };
  const sealed = await sealTokens(ctx, next, tokens, lifeSeconds, { kept: spent, askedAt });
  return {
    leased,
    refusedId: newId('rfg'),
    accessToken: sealed.accessToken,
    refreshToken: sealed.refreshToken ?? null,
    rotated: tokens.refresh_token !== null,
    scopes: tokens.scopes,
    extras: tokens.extras,
    askedAt,
    lifeSeconds,
    refreshLifeSeconds: tokens.refresh_token_expires_in,
  };
}

interface Answered {
  ctx: Context;
  held: HeldAnswer;
}

function toValues({ ctx, held }: Answered, n: number) {
  const { lease, row } = held.leased;
  // Scopes may shrink; an answer that names none grants what was granted before (RFC 6749 §6).
  const scopes = held.scopes?.length ? held.scopes : row.scopesGranted;
  const entry = toLedgerRow(ctx, {
    action: 'token.refreshed',
    personId: lease.personId,
    connectionId: lease.id,
    provider: row.provider,
    details: { generation: lease.generation + 1, scopes, rotated: held.rotated },
  });
  return {
    n,
    person_id: lease.personId,
    id: lease.id,
    owner: lease.owner,
    generation: lease.generation,
    connected_at: row.connectedAt,
    access_token: held.accessToken,
    asked_at: held.askedAt,
    seconds: held.lifeSeconds,
    refresh_token: held.refreshToken,
    rotated: held.rotated,
    refresh_seconds: held.refreshLifeSeconds,
    scopes,
    extras: held.extras,
    entry: entryOf(entry),
  };
}

// The row is of the generation that was spent, or of an older one of the same grant: then a standby took over that never
// saw the newer. Where the lease is not ours any more, somebody may have shown the spent token meanwhile.
const answers = oncePerDatabase('store-answers', (database) =>
  createGrouped(async (group: Answered[]): Promise<boolean[]> => {
    const inOrder = [...group.entries()].sort(([, a], [, b]) => inKeyOrder(a.held.leased.lease, b.held.leased.lease));
    const values = JSON.stringify(inOrder.map(([n, answered]) => toValues(answered, n)));
    const stored = await database.db.execute(sql`with answer as materialized (
        select *, least(to_timestamp(asked_at), clock_timestamp()) as since
        from jsonb_to_recordset(${values}::text::jsonb) as given(n integer, person_id text, id text, owner text,
          generation integer, connected_at timestamptz, access_token text, asked_at float8, seconds float8,
          refresh_token text, rotated boolean, refresh_seconds float8, scopes text[], extras jsonb, entry jsonb)),
      stored as (
        update connections set access_token = answer.access_token, token_type = 'Bearer',
          access_token_issued_at = answer.since,
          access_token_expires_at = answer.since + make_interval(secs => answer.seconds),
          refresh_token = coalesce(answer.refresh_token, connections.refresh_token),
          refresh_token_expires_at = case when not answer.rotated then connections.refresh_token_expires_at
            else answer.since + make_interval(secs => answer.refresh_seconds) end,
          scopes_granted = answer.scopes, extras = connections.extras || answer.extras,
          generation = answer.generation + 1,
          lease_owner = nullif(connections.lease_owner, answer.owner),
          lease_expires_at = case when connections.lease_owner = answer.owner then null
            else connections.lease_expires_at end,
          last_refresh_error = case when connections.lease_owner = answer.owner and connections.status = 'connected'
            then null else ${answerLost} end,
          status = 'connected', status_reason = null, refresh_failures = 0,
          next_refresh_attempt_at = null, last_refreshed_at = now()
        from answer
        where connections.person_id = answer.person_id and connections.id = answer.id
          and connections.generation <= answer.generation and connections.connected_at <= answer.connected_at
          and connections.status <> 'revoked'
        returning answer.n, answer.entry),
      told as (${sql.raw(appendFrom('stored'))})
      select n from stored`);
    const done = new Set(rowsOf<{ n: number }>(stored).map(({ n }) => n));
    return group.map((_, n) => done.has(n));
  }),
);

/**
 * Stores a refresh answer and its ledger entry in one statement, which answers that come at the same time share. False
 * where the row has a newer generation or grant, or is revoked: nothing is written then.
 */
export const storeAnswer = (ctx: Context, held: HeldAnswer): Promise<boolean> =>
  answers(ctx.database).add({ ctx, held });
