import { and, desc, eq, isNull, or } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { freezes } from '#lib/db/schema/freezes';
import { selectFreezes, toFreezeView } from '#lib/freezes/read-views';
import type { FreezeView } from '#lib/freezes/views';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

const id = z.string().min(1).max(64).optional();

/** A thing by what freezes can be over: of a connection its own id, its person and its provider. */
export const freezesOverInput = z.object({ connection: id, person: id, provider: id, api_key: id });
export type FreezesOverInput = z.input<typeof freezesOverInput>;

/**
 * The freezes that stop a thing: its own, those of what it belongs to, and the one over everything; the newest first.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function freezesOver(ctx: Context, input: FreezesOverInput): Promise<FreezeView[]> {
  requireReader(ctx);
  const { connection, person, provider, api_key } = parseInput(freezesOverInput, input);
  const given = Object.entries({ connection, person, provider, api_key });
  const over = given.flatMap(([scope, target]) =>
    target === undefined ? [] : [and(eq(freezes.scope, scope as FreezeView['scope']), eq(freezes.target, target))],
  );
  const rows = await selectFreezes(ctx.database.db)
    .where(and(isNull(freezes.liftedAt), or(eq(freezes.scope, 'everything'), ...over)))
    .orderBy(desc(freezes.createdAt), desc(freezes.id));
  return rows.map((row) => toFreezeView(ctx, row));
}
