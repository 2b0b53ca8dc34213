import { and, desc, eq, inArray, isNotNull, isNull, ne, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { type CappedCount, countCapped, countUpTo } from '#lib/db/count-capped';
import { freezes } from '#lib/db/schema/freezes';
import { fitsFilter, freezeFilter } from '#lib/freezes/filter';
import { type FreezeRow, selectFreezes, toFreezeView } from '#lib/freezes/read-views';
import { type FreezeTargetInput, freezeTarget } from '#lib/freezes/target';
import type { FreezeView } from '#lib/freezes/views';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

const newestFirst = [desc(freezes.createdAt), desc(freezes.id)] as const;

const sort = 'newest';

/** The cursor that a page goes on with after this freeze. */
export function cursorAfterFreeze({ createdAt, id }: Pick<FreezeView, 'createdAt' | 'id'>): string {
  return encodeCursor({ at: createdAt.toISOString(), id, sort });
}

/** True for the freezes that come after the cursor; undefined where there is none. */
function after(cursor: string | undefined): SQL | undefined {
  if (cursor === undefined) return undefined;
  const at = decodeCursor(cursor, sort);
  return sql`(${freezes.createdAt}, ${freezes.id}) < (${at.at}::timestamptz, ${at.id})`;
}

/** The first `limit` of the rows, of which one more was asked for, and where the next page begins. */
function pageOf(ctx: Context, rows: FreezeRow[], limit: number): Page<FreezeView> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map((row) => toFreezeView(ctx, row)),
    nextCursor: last ? cursorAfterFreeze(last) : null,
  };
}

export const standingFreezesInput = z.object({
  /** Only freezes over these things, by their ids. */
  targets: z.array(z.string().max(64)).max(1000).optional(),
  ...freezeFilter,
  cursor: z.string().max(500).optional(),
  // At least two: the freeze over everything comes first whatever its age, so a page must not end with it.
  limit: z.int().min(2).max(1000).default(50),
});
export type StandingFreezesInput = z.input<typeof standingFreezesInput>;

/**
 * The freezes that stand, the one over everything first, then the newest, a page at a time.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function standingFreezes(ctx: Context, input: StandingFreezesInput = {}): Promise<Page<FreezeView>> {
  requireReader(ctx);
  const { targets, cursor, limit, ...filter } = parseInput(standingFreezesInput, input);
  const beyond = after(cursor);
  const rows = await selectFreezes(ctx.database.db)
    .where(
      and(
        isNull(freezes.liftedAt),
        targets && inArray(freezes.target, targets),
        fitsFilter(ctx, filter),
        beyond && and(ne(freezes.scope, 'everything'), beyond),
      ),
    )
    .orderBy(desc(sql`${freezes.scope} = 'everything'`), ...newestFirst)
    .limit(limit + 1);
  return pageOf(ctx, rows, limit);
}

/** How many freezes stand. @throws AppError `unauthenticated`, `forbidden` */
export function countStandingFreezes(ctx: Context): Promise<CappedCount> {
  requireReader(ctx);
  const standing = sql`(select 1 from ${freezes} where ${freezes.liftedAt} is null limit ${countUpTo + 1})`;
  return countCapped(ctx.database.db, standing, countUpTo);
}

/**
 * The freeze that stands over this very thing; null where none does. One over what it belongs to is another.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function standingFreeze(ctx: Context, input: FreezeTargetInput): Promise<FreezeView | null> {
  requireReader(ctx);
  const { scope, target } = parseInput(freezeTarget, input);
  const [row] = await selectFreezes(ctx.database.db).where(
    and(eq(freezes.scope, scope), eq(freezes.target, target), isNull(freezes.liftedAt)),
  );
  return row ? toFreezeView(ctx, row) : null;
}

export const listFreezesInput = z.object({
  ...freezeFilter,
  cursor: z.string().max(500).optional(),
  limit: z.int().min(1).max(100).default(50),
});
export type ListFreezesInput = z.input<typeof listFreezesInput>;

/**
 * Freezes that were lifted, the newest first, a page at a time: the history of stopping.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listFreezes(ctx: Context, input: ListFreezesInput = {}): Promise<Page<FreezeView>> {
  requireReader(ctx);
  const { cursor, limit, ...filter } = parseInput(listFreezesInput, input);
  const rows = await selectFreezes(ctx.database.db)
    .where(and(isNotNull(freezes.liftedAt), after(cursor), fitsFilter(ctx, filter)))
    .orderBy(...newestFirst)
    .limit(limit + 1);
  return pageOf(ctx, rows, limit);
}
