import { and, asc, desc, eq, inArray, ne, not, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireReader } from '#lib/access/require';
import { requireApiKey } from '#lib/access/require-api-key';
import { isFrozen } from '#lib/connections/frozen';
import { isSpent, refreshDue } from '#lib/connections/token-clock';
import { connectionColumns, itsKey, itsRevocation, toConnectionView } from '#lib/connections/view';
import type { AdminConnectionView, DisplayStatus } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { contains } from '#lib/db/contains';
import { apiKeys } from '#lib/db/schema/api-keys';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import { parseInput } from '#lib/parse-input';

export const displayStatuses = [
  'connected',
  'refresh_due',
  'needs_reconnect',
  'frozen',
  'revoked',
] as const satisfies readonly DisplayStatus[];

/**
 * A filter that is given but empty is a fault: read as no filter, it would answer everybody's connections to a service
 * whose own look-up of a person came to nothing.
 */
const filter = (longest: number) => z.string().min(1, 'must not be empty').max(longest).optional();

export const listConnectionsInput = z
  .object({
    personId: filter(64),
    /** Of the person, as they sign in; only together. */
    issuer: filter(2048),
    subject: filter(512),
    /** Of the person: the whole address, in any case of letters. */
    email: filter(320),
    provider: filter(64),
    /** `connected` includes those whose refresh is due. */
    status: z.enum(displayStatuses).optional(),
    /** Part of the person's name or e-mail or of the account's label, or a whole id or subject. */
    query: z.string().trim().max(200).optional(),
    sort: z.enum(['newest', 'oldest']).default('newest'),
    cursor: z.string().max(500).optional(),
    limit: z.int().min(1).max(100).default(50),
  })
  .refine(({ issuer, subject }) => (issuer === undefined) === (subject === undefined), {
    path: ['subject'],
    message: 'issuer and subject are given together',
  });
export type ListConnectionsInput = z.input<typeof listConnectionsInput>;
type Parsed = z.output<typeof listConnectionsInput>;

/** The providers that the caller may see; null for all. */
function providersInReach(ctx: Context): readonly string[] | null {
  if (ctx.actor.type === 'api_key') return requireApiKey(ctx, 'connections:read').providers;
  requireReader(ctx);
  return null;
}

function withStatus(status: DisplayStatus): SQL | undefined {
  const live = and(eq(connections.status, 'connected'), not(isFrozen), not(isSpent));
  switch (status) {
    case 'connected':
      return live;
    case 'refresh_due':
      return and(live, refreshDue);
    case 'needs_reconnect':
      return and(
        or(eq(connections.status, 'needs_reconnect'), and(eq(connections.status, 'connected'), isSpent)),
        not(isFrozen),
      );
    case 'frozen':
      return and(ne(connections.status, 'revoked'), isFrozen);
    case 'revoked':
      return eq(connections.status, 'revoked');
  }
}

function matching(query: string | undefined): SQL | undefined {
  if (!query) return undefined;
  return or(
    contains(people.email, query),
    contains(people.name, query),
    contains(connections.label, query),
    eq(connections.subject, query),
    eq(connections.id, query),
    eq(connections.personId, query),
  );
}

function after(cursor: string | undefined, sort: Parsed['sort']): SQL | undefined {
  if (!cursor) return undefined;
  const { at, id } = decodeCursor(cursor, sort);
  const row = sql`(${connections.createdAt}, ${connections.id})`;
  return sort === 'newest' ? sql`${row} < (${at}::timestamptz, ${id})` : sql`${row} > (${at}::timestamptz, ${id})`;
}

/**
 * Connections of everybody, in pages: for administrators and auditors, and for API keys with `connections:read` within
 * their providers. Keyset order by the moment of creation, so that a page costs the same however deep it lies.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`, `invalid_request`
 */
export async function listConnections(
  ctx: Context,
  input: ListConnectionsInput = {},
): Promise<Page<AdminConnectionView>> {
  const reach = providersInReach(ctx);
  const wanted = parseInput(listConnectionsInput, input);
  const direction = wanted.sort === 'newest' ? desc : asc;
  const rows = await ctx.database.db
    .select({ ...connectionColumns, personName: people.name, personEmail: people.email })
    .from(connections)
    .innerJoin(people, eq(people.id, connections.personId))
    .leftJoin(revocations, itsRevocation)
    .leftJoin(apiKeys, itsKey)
    .where(
      and(
        reach ? inArray(connections.provider, [...reach]) : undefined,
        wanted.personId ? eq(connections.personId, wanted.personId) : undefined,
        wanted.issuer ? eq(people.issuer, wanted.issuer) : undefined,
        wanted.subject ? eq(people.subject, wanted.subject) : undefined,
        wanted.email ? sql`lower(${people.email}) = lower(${wanted.email})` : undefined,
        wanted.provider ? eq(connections.provider, wanted.provider) : undefined,
        wanted.status ? withStatus(wanted.status) : undefined,
        matching(wanted.query),
        after(wanted.cursor, wanted.sort),
      ),
    )
    .orderBy(direction(connections.createdAt), direction(connections.id))
    .limit(wanted.limit + 1);
  const shown = rows.slice(0, wanted.limit);
  const last = rows.length > wanted.limit ? shown.at(-1) : undefined;
  return {
    items: shown.map((row) => ({
      ...toConnectionView(ctx, row),
      person: { id: row.personId, name: row.personName, email: row.personEmail },
    })),
    nextCursor: last ? encodeCursor({ at: last.createdAt.toISOString(), id: last.id, sort: wanted.sort }) : null,
  };
}
