import { and, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireReader } from '#lib/access/require';
import { type BrakeTarget, brakeTarget } from '#lib/brakes/target';
import { selectFreezes, toFreezeView } from '#lib/brakes/view';
import type { FreezeView } from '#lib/brakes/views';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { freezes } from '#lib/db/schema/freezes';
import { parseInput } from '#lib/parse-input';

/** More than anybody pulls, few enough for a page. */
const mostStanding = 200;

const newestFirst = [desc(freezes.createdAt), desc(freezes.id)] as const;

/**
 * The brakes that stand, those over everything first, then the newest.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function standingFreezes(ctx: Context): Promise<FreezeView[]> {
  requireReader(ctx);
  const rows = await selectFreezes(ctx.database.db)
    .where(isNull(freezes.liftedAt))
    .orderBy(desc(sql`${freezes.scope} = 'everything'`), ...newestFirst)
    .limit(mostStanding);
  return rows.map((row) => toFreezeView(ctx, row));
}

/**
 * The brake that stands over this very thing; null where none does. One over what it belongs to is another.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function standingFreeze(ctx: Context, input: BrakeTarget): Promise<FreezeView | null> {
  requireReader(ctx);
  const { scope, target } = parseInput(brakeTarget, input);
  const [row] = await selectFreezes(ctx.database.db).where(
    and(eq(freezes.scope, scope), eq(freezes.target, target), isNull(freezes.liftedAt)),
  );
  return row ? toFreezeView(ctx, row) : null;
}

export const listFreezesInput = z.object({
  cursor: z.string().max(500).optional(),
  limit: z.int().min(1).max(100).default(50),
});
export type ListFreezesInput = z.input<typeof listFreezesInput>;

const sort = 'newest';

/**
 * Brakes that were lifted, the newest first, a page at a time: the history of stopping.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listFreezes(ctx: Context, input: ListFreezesInput = {}): Promise<Page<FreezeView>> {
  requireReader(ctx);
  const { cursor, limit } = parseInput(listFreezesInput, input);
  const at = cursor === undefined ? undefined : decodeCursor(cursor, sort);
  const rows = await selectFreezes(ctx.database.db)
    .where(
      and(
        isNotNull(freezes.liftedAt),
        at && sql`(${freezes.createdAt}, ${freezes.id}) < (${at.at}::timestamptz, ${at.id})`,
      ),
    )
    .orderBy(...newestFirst)
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map((row) => toFreezeView(ctx, row)),
    nextCursor: last ? encodeCursor({ at: last.createdAt.toISOString(), id: last.id, sort }) : null,
  };
}
