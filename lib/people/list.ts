import { and, desc, eq, ilike, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { requireReader } from '#lib/access/require';
import type { Page } from '#lib/connections/views';
import type { Context, Role } from '#lib/context';
import { decodeCursor, encodeCursor } from '#lib/cursor';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { effectiveRole } from '#lib/people/effective-role';
import type { PersonView } from '#lib/people/views';

export interface ListPeopleInput {
  /** Part of a name or e-mail, or a person's id. */
  query?: string;
  role?: Role;
  status?: 'active' | 'disabled';
  cursor?: string;
  limit?: number;
}

/** The one order of this list: newest first. */
const order = 'newest';

// Column names are written out: in a select from one table Drizzle leaves the table's name off its own.
const liveConnections = sql<number>`(select count(*)::int from ${connections} as held where held.person_id = ${people}.id and held.status <> 'revoked')`;

export const personColumns = {
  id: people.id,
  name: people.name,
  email: people.email,
  provider: people.provider,
  issuer: people.issuer,
  role: effectiveRole,
  roleFromConfig: people.adminByConfig,
  disabledAt: people.disabledAt,
  connections: liveConnections,
  createdAt: people.createdAt,
  lastSignedInAt: people.lastSignedInAt,
};

type PersonRow = Omit<PersonView, 'status'> & { disabledAt: Date | null };

/** A selected row as administrators see it. */
export function toPersonView({ disabledAt, ...row }: PersonRow): PersonView {
  return { ...row, status: disabledAt ? 'disabled' : 'active' };
}

/** People, newest first, a page at a time. For administrators and auditors. */
export async function listPeople(ctx: Context, input: ListPeopleInput = {}): Promise<Page<PersonView>> {
  requireReader(ctx);
  const limit = Math.min(Math.max(input.limit ?? 50, 1), 100);
  const conditions: (SQL | undefined)[] = [isNull(people.deletedAt)];
  if (input.query) {
    const like = `%${input.query.replace(/[\\%_]/g, '\\$&')}%`;
    conditions.push(or(ilike(people.name, like), ilike(people.email, like), eq(people.id, input.query)));
  }
  if (input.role) conditions.push(sql`${effectiveRole} = ${input.role}`);
  if (input.status)
    conditions.push(input.status === 'disabled' ? sql`${people.disabledAt} is not null` : isNull(people.disabledAt));
  if (input.cursor) {
    const { at, id } = decodeCursor(input.cursor, order);
    conditions.push(or(lt(people.createdAt, new Date(at)), and(eq(people.createdAt, new Date(at)), lt(people.id, id))));
  }
  const rows = await ctx.database.db
    .select(personColumns)
    .from(people)
    .where(and(...conditions))
    .orderBy(desc(people.createdAt), desc(people.id))
    .limit(limit + 1);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(toPersonView),
    nextCursor:
      rows.length > limit && last ? encodeCursor({ at: last.createdAt.toISOString(), id: last.id, sort: order }) : null,
  };
}

/** One person. @throws AppError `not_found` */
export async function getPerson(ctx: Context, input: { id: string }): Promise<PersonView> {
  requireReader(ctx);
  const [row] = await ctx.database.db
    .select(personColumns)
    .from(people)
    .where(and(eq(people.id, input.id), isNull(people.deletedAt)));
  if (!row) throw new AppError('not_found');
  return toPersonView(row);
}
