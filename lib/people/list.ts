import { and, desc, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { people } from '#lib/db/schema/people';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import { isMeant, peopleFilter } from '#lib/people/filter';
import { personColumns, toPersonView } from '#lib/people/read-views';
import type { PersonView } from '#lib/people/views';

export const listPeopleInput = peopleFilter.extend({
  cursor: z.string().max(500).optional(),
  limit: z.int().min(1).max(100).default(50),
});
export type ListPeopleInput = z.input<typeof listPeopleInput>;

/** The one order of this list. */
const sort = 'newest';

function after(cursor: string | undefined) {
  if (cursor === undefined) return undefined;
  const { at, id } = decodeCursor(cursor, sort);
  return sql`(${people.createdAt}, ${people.id}) < (${at}::timestamptz, ${id})`;
}

/**
 * People, newest first, a page at a time. For administrators and auditors.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listPeople(ctx: Context, input: ListPeopleInput = {}): Promise<Page<PersonView>> {
  requireReader(ctx);
  const { cursor, limit, ...filter } = parseInput(listPeopleInput, input);
  const rows = await ctx.database.db
    .select(personColumns)
    .from(people)
    .where(and(isMeant(filter), after(cursor)))
    .orderBy(desc(people.createdAt), desc(people.id))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(toPersonView),
    nextCursor: last ? encodeCursor({ at: last.createdAt.toISOString(), id: last.id, sort }) : null,
  };
}
