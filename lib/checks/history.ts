import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { checkOf } from '#lib/checks/list';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { rowsOf } from '#lib/db/database';
import { type CheckOutcome, checkOutcomes } from '#lib/db/schema/checks';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

export const listCheckHistoryInput = z.object({
  check: z.string().max(64).optional(),
  /** The id of a provider; `-`: checks of the hub itself. */
  provider: z.string().max(64).optional(),
  result: z.enum(checkOutcomes).optional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
  cursor: z.string().max(500).optional(),
  limit: z.number().int().min(1).max(200).default(50),
});
export type ListCheckHistoryInput = z.input<typeof listCheckHistoryInput>;

/** The actor who began a run: a person, or a part of the hub. */
type Looker = { id: string; name: string | null } | null;

/** A time in which one check of one provider had the same result. */
export interface CheckSpanView {
  check: string;
  name: string;
  /** Null for a check of the hub itself. */
  provider: { id: string; name: string } | null;
  result: CheckOutcome;
  /** What the first look found. */
  found: string;
  mend: string | null;
  from: Date;
  /** The actor of the first look. */
  seenBy: Looker;
  /** How often it was looked at in that time. */
  looks: number;
  lastLookAt: Date;
  /** Null where the result still stands. */
  ended: { at: Date; result: CheckOutcome; seenBy: Looker } | null;
}

interface Row extends Record<string, unknown> {
  id: string;
  check_id: string;
  provider: string;
  result: CheckOutcome;
  found: string;
  mend: string | null;
  at: Date | string;
  at_text: string;
  looker: string | null;
  looker_name: string | null;
  looks: number;
  last_at: Date | string;
  next_at: Date | string | null;
  next_result: CheckOutcome | null;
  next_looker: string | null;
  next_looker_name: string | null;
}

const lookerOf = (id: string | null, name: string | null): Looker => (id === null ? null : { id, name });

function toView(ctx: Context, row: Row): CheckSpanView {
  const { provider: id } = row;
  return {
    check: row.check_id,
    // One of an earlier build, or of a provider that is configured no more, stays in the history by its id.
    name: checkOf(row.check_id)?.name ?? row.check_id,
    provider: id === '' ? null : { id, name: ctx.providers.get(id)?.name ?? id },
    result: row.result,
    found: row.found,
    mend: row.mend,
    from: new Date(row.at),
    seenBy: lookerOf(row.looker, row.looker_name),
    looks: row.looks,
    lastLookAt: new Date(row.last_at),
    ended:
      row.next_at !== null && row.next_result !== null
        ? {
            at: new Date(row.next_at),
            result: row.next_result,
            seenBy: lookerOf(row.next_looker, row.next_looker_name),
          }
        : null,
  };
}

/**
 * The results of the checks over time: each time in which a result stayed the same, with who saw it first and who saw its end.
 * A result from before the hub's oldest look (400 days) begins with the oldest look that is kept.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listCheckHistory(ctx: Context, input: ListCheckHistoryInput = {}): Promise<Page<CheckSpanView>> {
  requireReader(ctx);
  const { check, provider, result, order, cursor, limit } = parseInput(listCheckHistoryInput, input);
  const sort = `checks ${order}`;
  const after = cursor ? decodeCursor(cursor, sort) : undefined;
  if (after && !/^\d{1,18}$/.test(after.id)) throw new AppError('invalid_request');
  const newest = order === 'newest';
  const which: SQL[] = [
    // The first look of a time, or the oldest that is kept of it.
    sql`(r.at = r.since or not exists (select 1 from check_results earlier where earlier.check_id = r.check_id
      and earlier.provider = r.provider and (earlier.at, earlier.id) < (r.at, r.id)))`,
    ...(check === undefined ? [] : [sql`r.check_id = ${check}`]),
    ...(provider === undefined ? [] : [sql`r.provider = ${provider === '-' ? '' : provider}`]),
    ...(result === undefined ? [] : [sql`r.result = ${result}`]),
    ...(after ? [sql`(r.at, r.id) ${newest ? sql`<` : sql`>`} (${after.at}::timestamptz, ${after.id}::bigint)`] : []),
  ];
  const direction = newest ? sql`desc` : sql`asc`;
  const rows = rowsOf<Row>(
    await ctx.database.db.execute(sql`
      with begun as (select r.* from check_results r where ${sql.join(which, sql` and `)}
        order by r.at ${direction}, r.id ${direction} limit ${limit + 1}::int)
      select b.id::text as id, b.check_id, b.provider, b.result, b.found, b.mend, b.at,
        to_char(b.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at_text,
        run.started_by as looker, coalesce(p.name, p.email) as looker_name,
        looked.looks, looked.last_at, next.at as next_at, next.result as next_result,
        next_run.started_by as next_looker, coalesce(np.name, np.email) as next_looker_name
      from begun b
        left join check_runs run on run.id = b.run left join people p on p.id = run.started_by
        left join lateral (select n.at, n.id, n.result, n.run from check_results n where n.check_id = b.check_id
          and n.provider = b.provider and (n.at, n.id) > (b.at, b.id) and n.result <> b.result
          order by n.at, n.id limit 1) next on true
        left join check_runs next_run on next_run.id = next.run left join people np on np.id = next_run.started_by
        cross join lateral (select count(*)::int as looks, max(s.at) as last_at from check_results s
          where s.check_id = b.check_id and s.provider = b.provider and (s.at, s.id) >= (b.at, b.id)
            and (next.at is null or (s.at, s.id) < (next.at, next.id))) looked
      order by b.at ${direction}, b.id ${direction}`),
  );
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map((row) => toView(ctx, row)),
    nextCursor: last ? encodeCursor({ at: last.at_text, id: last.id, sort }) : null,
  };
}

/** Every check and every provider of which results are kept, for the filters. @throws AppError `unauthenticated`, `forbidden` */
export async function listCheckedPairs(
  ctx: Context,
): Promise<{ checks: { id: string; name: string }[]; providers: { id: string; name: string }[] }> {
  requireReader(ctx);
  const distinct = async (column: SQL) =>
    rowsOf<{ id: string }>(
      await ctx.database.db.execute(sql`select distinct ${column} as id from check_results order by 1`),
    ).map(({ id }) => id);
  const [ids, providers] = [await distinct(sql`check_id`), await distinct(sql`provider`)];
  return {
    checks: ids.map((id) => ({ id, name: checkOf(id)?.name ?? id })),
    providers: providers.filter(Boolean).map((id) => ({ id, name: ctx.providers.get(id)?.name ?? id })),
  };
}
