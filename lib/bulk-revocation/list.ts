import { desc, eq, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import type { BulkView } from '#lib/bulk-revocation/views';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { bulkRevocations } from '#lib/db/schema/bulk-revocations';
import { people } from '#lib/db/schema/people';
import { shownName } from '#lib/db/shown-name';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

/** The last actor: the administrator who began it, else the one who prepared it. */
export const itsAuthor = sql<string>`coalesce(${bulkRevocations.startedBy}, ${bulkRevocations.preparedBy})`;

const named = alias(people, 'named');

export const bulkColumns = {
  id: bulkRevocations.id,
  state: bulkRevocations.state,
  criteria: bulkRevocations.criteria,
  total: bulkRevocations.total,
  createdAt: bulkRevocations.createdAt,
  reason: bulkRevocations.reason,
  startedAt: bulkRevocations.startedAt,
  finishedAt: bulkRevocations.finishedAt,
  byId: itsAuthor,
  byName: sql<string | null>`coalesce(${people.name}, ${people.email})`,
  personName: sql<string | null>`(select ${shownName(named)} from people named
    where named.id = bulk_revocations.criteria ->> 'personId')`,
  keyName: sql<string | null>`(select named.name from api_keys named
    where named.id = bulk_revocations.criteria ->> 'readByKey')`,
};

type Row = Omit<BulkView, 'by' | 'names'> & {
  byId: string;
  byName: string | null;
  personName: string | null;
  keyName: string | null;
};

export const toBulkView = ({ byId, byName, personName, keyName, ...row }: Row): BulkView => ({
  ...row,
  by: { id: byId, name: byName },
  names: { person: personName, key: keyName },
});

export const listBulksInput = z.object({
  cursor: z.string().max(500).optional(),
  limit: z.int().min(1).max(100).default(50),
});
export type ListBulksInput = z.input<typeof listBulksInput>;

const sort = 'newest';

/**
 * Bulk revocations, the newest first, a page at a time. For administrators and auditors.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listBulkRevocations(ctx: Context, input: ListBulksInput = {}): Promise<Page<BulkView>> {
  requireReader(ctx);
  const { cursor, limit } = parseInput(listBulksInput, input);
  const at = cursor === undefined ? undefined : decodeCursor(cursor, sort);
  const rows = await ctx.database.db
    .select(bulkColumns)
    .from(bulkRevocations)
    .leftJoin(people, eq(people.id, itsAuthor))
    .where(at && sql`(${bulkRevocations.createdAt}, ${bulkRevocations.id}) < (${at.at}::timestamptz, ${at.id})`)
    .orderBy(desc(bulkRevocations.createdAt), desc(bulkRevocations.id))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(toBulkView),
    nextCursor: last ? encodeCursor({ at: last.createdAt.toISOString(), id: last.id, sort }) : null,
  };
}
