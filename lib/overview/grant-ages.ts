import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { requireReader } from '#lib/guards/require';

/** So many connections are looked at: all of a hub that has no more. */
const looked = 10_000;

/** Spans since the grant was given. Each ends where the next begins. */
export const ageSpans = ['week', 'month', 'quarter', 'year', 'older'] as const;
export type AgeSpan = (typeof ageSpans)[number];
/** Spans since a token was last read. */
export const useSpans = ['day', 'week', 'month', 'quarter', 'older', 'never'] as const;
export type UseSpan = (typeof useSpans)[number];

/** How many grants are of which age and were last used when. */
export type GrantTable = Record<AgeSpan, Record<UseSpan, number>>;

export interface GrantAgesView {
  /** Of all providers together, and of each that has a live grant. */
  all: GrantTable;
  providers: ReadonlyMap<string, GrantTable>;
  /** Grants in the table. */
  counted: number;
  /** Whether these are all there are; else they are a sample. */
  complete: boolean;
}

interface Row extends Record<string, unknown> {
  provider: string;
  age: AgeSpan;
  used: UseSpan;
  count: number;
  more: boolean;
}

const emptyTable = (): GrantTable =>
  Object.fromEntries(ageSpans.map((age) => [age, Object.fromEntries(useSpans.map((use) => [use, 0]))])) as GrantTable;

/**
 * How old the grants of live connections are, and when they were last used. Of a hub with more than 10,000 connections it
 * looks at the 10,000 with the lowest ids: ids are random, so that these are neither the newest nor the oldest. Two walks
 * along primary keys, and the same at any number of connections. The last use has no index, since each vend would pay for it.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function readGrantAges(ctx: Context): Promise<GrantAgesView> {
  requireReader(ctx);
  const rows = rowsOf<Row>(
    await ctx.database.db.execute(sql`
      with looked as materialized (
        select person_id, id, provider, status, connected_at from connections order by person_id, id limit ${looked}),
      further as (select 1 from connections order by person_id, id offset ${looked} limit 1),
      aged as (
        select l.provider, case when l.connected_at > now() - interval '7 days' then 'week'
            when l.connected_at > now() - interval '30 days' then 'month'
            when l.connected_at > now() - interval '90 days' then 'quarter'
            when l.connected_at > now() - interval '365 days' then 'year' else 'older' end as age,
          case when u.last_used_at is null then 'never'
            when u.last_used_at > now() - interval '1 day' then 'day'
            when u.last_used_at > now() - interval '7 days' then 'week'
            when u.last_used_at > now() - interval '30 days' then 'month'
            when u.last_used_at > now() - interval '90 days' then 'quarter' else 'older' end as used
        from looked l left join lateral (select last_used_at from connection_uses
          where person_id = l.person_id and connection_id = l.id offset 0) u on true
        where l.status <> 'revoked')
      select provider, age, used, count(*)::int as count, exists (select 1 from further) as more
      from aged group by 1, 2, 3`),
  );
  const all = emptyTable();
  const providers = new Map<string, GrantTable>();
  for (const { provider, age, used, count } of rows) {
    const own = providers.get(provider) ?? emptyTable();
    own[age][used] += count;
    providers.set(provider, own);
    all[age][used] += count;
  }
  return {
    all,
    providers,
    counted: rows.reduce((sum, { count }) => sum + count, 0),
    complete: rows.every(({ more }) => !more),
  };
}

/** How many grants are of an age. */
export const ofAge = (table: GrantTable, age: AgeSpan): number =>
  useSpans.reduce((sum, use) => sum + table[age][use], 0);

/** How many grants were last used then. */
export const ofUse = (table: GrantTable, use: UseSpan): number =>
  ageSpans.reduce((sum, age) => sum + table[age][use], 0);
