import { and, desc, eq, isNotNull, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireReader } from '#lib/access/require';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { contains } from '#lib/db/contains';
import { people, roles } from '#lib/db/schema/people';
import { parseInput } from '#lib/parse-input';
import { effectiveRole } from '#lib/people/effective-role';
import { personColumns, toPersonView } from '#lib/people/view';
import type { PersonView } from '#lib/people/views';

export const listPeopleInput = z.object({
  /** Part of a name or e-mail, or a person's id. */
  query: z.string().trim().max(200).optional(),
  role: z.enum(roles).optional(),
  status: z.enum(['active', 'disabled']).optional(),
  cursor: z.string().max(500).optional(),
  limit: z.int().min(1).max(100).default(50),
});
export type ListPeopleInput = z.input<typeof listPeopleInput>;

/** The one order of this list. */
const sort = 'newest';

function matching(query: string | undefined): SQL | undefined {
  if (!query) return undefined;
  return or(contains(people.name, query), contains(people.email, query), eq(people.id, query));
}

function after(cursor: string | undefined): SQL | undefined {
  if (cursor === undefined) return undefined;
  const { at, id } = decodeCursor(cursor, sort);
  const moment = new Date(at);
  return or(lt(people.createdAt, moment), and(eq(people.createdAt, moment), lt(people.id, id)));
}

/**
 * People, newest first, a page at a time. For administrators and auditors.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listPeople(ctx: Context, input: ListPeopleInput = {}): Promise<Page<PersonView>> {
  requireReader(ctx);
  const { query, role, status, cursor, limit } = parseInput(listPeopleInput, input);
  const rows = await ctx.database.db
    .select(personColumns)
    .from(people)
    .where(
      and(
        isNull(people.deletedAt),
        matching(query),
        role && sql`${effectiveRole} = ${role}`,
        status && (status === 'disabled' ? isNotNull(people.disabledAt) : isNull(people.disabledAt)),
        after(cursor),
      ),
    )
    .orderBy(desc(people.createdAt), desc(people.id))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(toPersonView),
    nextCursor: last ? encodeCursor({ at: last.createdAt.toISOString(), id: last.id, sort }) : null,
  };
}
