import { asc, desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { connectionFilter, connectionsInReach, findConnections } from '#lib/connections/filter';
import { itsPersonColumns, toItsPerson } from '#lib/connections/its-person';
import { itsKey, itsRevocation, itsUse, listedColumns, toConnectionView } from '#lib/connections/read-views';
import type { AdminConnectionView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { encodeCursor, type Page } from '#lib/cursor';
import { apiKeys } from '#lib/db/schema/api-keys';
import { connectionUses } from '#lib/db/schema/connection-uses';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import { parseInput } from '#lib/parse-input';

export const listConnectionsInput = connectionFilter.safeExtend({
  sort: z.enum(['newest', 'oldest']).default('newest'),
  cursor: z.string().max(500).optional(),
  limit: z.int().min(1).max(100).default(50),
});
export type ListConnectionsInput = z.input<typeof listConnectionsInput>;

/**
 * Connections of everybody, in pages: for administrators and auditors, and for API keys with `connections:read` within
 * their reach. Keyset order by the moment of creation, so that a page costs the same however deep it lies.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`, `invalid_request`
 */
export async function listConnections(
  ctx: Context,
  input: ListConnectionsInput = {},
): Promise<Page<AdminConnectionView>> {
  const reach = connectionsInReach(ctx);
  const { sort, cursor, limit, ...filter } = parseInput(listConnectionsInput, input);
  const found = await findConnections(ctx, reach, filter, { sort, cursor, limit: limit + 1 });
  const direction = sort === 'newest' ? desc : asc;
  const rows = await ctx.database.db
    .select({ ...listedColumns, ...itsPersonColumns })
    .from(connections)
    .innerJoin(people, eq(people.id, connections.personId))
    .leftJoin(revocations, itsRevocation)
    .leftJoin(connectionUses, itsUse)
    .leftJoin(apiKeys, itsKey)
    .where(sql`(${connections.personId}, ${connections.id}) in (select person_id, id from (${found}) as wanted)`)
    .orderBy(direction(connections.createdAt), direction(connections.id));
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map((row) => ({
      ...toConnectionView(ctx, row),
      person: toItsPerson(row),
    })),
    nextCursor: last ? encodeCursor({ at: last.createdAt.toISOString(), id: last.id, sort }) : null,
  };
}
