import { and, eq, inArray, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { freezeScopes, freezes } from '#lib/db/schema/freezes';
import { frozenText } from '#lib/freezes/read-views';

export { freezeScopes };

/** The filters of a list of freezes. All given ones must hold. */
export const freezeFilter = {
  /** Only freezes over this kind of thing. */
  scope: z.enum(freezeScopes).optional(),
  /** Part of the reason or of the frozen thing's name, or its id. There are few freezes, so any length will do. */
  query: z.string().trim().max(200).optional(),
};

/** True for the freezes of a filter, in a select of `selectFreezes`; undefined for all. */
export function fitsFilter(
  ctx: Pick<Context, 'providers'>,
  { scope, query }: { scope?: (typeof freezeScopes)[number] | undefined; query?: string | undefined },
): SQL | undefined {
  const part = query?.toLowerCase();
  // A provider's name is the configuration's, and in no table.
  const named = ctx.providers
    .list()
    .filter(({ name }) => part && name.toLowerCase().includes(part))
    .map(({ id }) => id);
  return and(
    scope && eq(freezes.scope, scope),
    part
      ? or(
          sql`strpos(lower(${frozenText}), lower(${part}::text)) > 0`,
          named.length > 0 ? and(eq(freezes.scope, 'provider'), inArray(freezes.target, named)) : undefined,
        )
      : undefined,
  );
}
