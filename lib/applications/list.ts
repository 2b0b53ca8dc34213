import { and, asc, desc, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { applicationColumns, toApplicationView } from '#lib/applications/read-views';
import { requireApplicationReader } from '#lib/applications/require-manager';
import type { ApplicationView } from '#lib/applications/views';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { applications } from '#lib/db/schema/applications';
import { parseInput } from '#lib/parse-input';
import { searchText } from '#lib/search-text';

export const listApplicationsInput = z.object({
  /** Part of a name, or a whole id. */
  query: searchText,
  status: z.enum(['active', 'disabled']).optional(),
  sort: z.enum(['newest', 'oldest']).default('newest'),
  cursor: z.string().max(500).optional(),
  limit: z.int().min(1).max(1000).default(50),
});
export type ListApplicationsInput = z.input<typeof listApplicationsInput>;

function matching(query: string | undefined): SQL | undefined {
  if (!query) return undefined;
  if (/^app_[0-9a-z]{16}$/.test(query)) return eq(applications.id, query);
  // A hub has few applications beside its connections, so that each is looked at.
  return sql`position(lower(${query}::text) in lower(${applications.name})) > 0`;
}

function after(sort: 'newest' | 'oldest', cursor: string | undefined): SQL | undefined {
  if (cursor === undefined) return undefined;
  const { at, id } = decodeCursor(cursor, sort);
  const than = sql.raw(sort === 'newest' ? '<' : '>');
  return sql`(${applications.createdAt}, ${applications.id}) ${than} (${at}::timestamptz, ${id})`;
}

/** The cursor that a page goes on with after this application. */
export function cursorAfterApplication({ createdAt, id }: Pick<ApplicationView, 'createdAt' | 'id'>): string {
  return encodeCursor({ at: createdAt.toISOString(), id, sort: 'newest' });
}

/**
 * Applications, a page at a time, for administrators and auditors, and for API keys with `applications:manage`.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listApplications(
  ctx: Context,
  input: ListApplicationsInput = {},
): Promise<Page<ApplicationView>> {
  requireApplicationReader(ctx);
  const { query, status, sort, cursor, limit } = parseInput(listApplicationsInput, input);
  const direction = sort === 'newest' ? desc : asc;
  const rows = await ctx.database.db
    .select(applicationColumns)
    .from(applications)
    .where(
      and(
        matching(query),
        status && (status === 'disabled' ? isNotNull(applications.disabledAt) : isNull(applications.disabledAt)),
        after(sort, cursor),
      ),
    )
    .orderBy(direction(applications.createdAt), direction(applications.id))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(toApplicationView),
    nextCursor: last ? encodeCursor({ at: last.createdAt.toISOString(), id: last.id, sort }) : null,
  };
}

/** So many applications are offered where one is chosen: each weighs on the page of every list. */
const mostChoices = 50;

/**
 * Applications to choose from in a form, the newest first, and the one that was chosen before, however old.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listApplicationChoices(
  ctx: Context,
  chosen?: string,
): Promise<Pick<ApplicationView, 'id' | 'name'>[]> {
  requireApplicationReader(ctx);
  const columns = { id: applications.id, name: applications.name };
  const { db } = ctx.database;
  const newest = await db
    .select(columns)
    .from(applications)
    .where(isNull(applications.disabledAt))
    .orderBy(desc(applications.createdAt), desc(applications.id))
    .limit(mostChoices);
  if (!chosen || newest.some(({ id }) => id === chosen)) return newest;
  return [...(await db.select(columns).from(applications).where(eq(applications.id, chosen))), ...newest];
}
