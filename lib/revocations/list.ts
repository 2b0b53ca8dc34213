import { desc, eq, sql } from 'drizzle-orm';
import { requireReader } from '#lib/access/require';
import type { Context } from '#lib/context';
import { bulkRevocations } from '#lib/db/schema/bulk-revocations';
import { people } from '#lib/db/schema/people';
import type { BulkView } from '#lib/revocations/views';

/** Who did it last: begun it, else prepared it. */
export const itsAuthor = sql<string>`coalesce(${bulkRevocations.startedBy}, ${bulkRevocations.preparedBy})`;

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
};

type Row = Omit<BulkView, 'by'> & { byId: string; byName: string | null };

export const toBulkView = ({ byId, byName, ...row }: Row): BulkView => ({ ...row, by: { id: byId, name: byName } });

/** The newest bulk revocations, for administrators and auditors. @throws AppError `unauthenticated`, `forbidden` */
export async function listBulkRevocations(ctx: Context, { limit = 50 } = {}): Promise<BulkView[]> {
  requireReader(ctx);
  const rows = await ctx.database.db
    .select(bulkColumns)
    .from(bulkRevocations)
    .leftJoin(people, eq(people.id, itsAuthor))
    .orderBy(desc(bulkRevocations.createdAt), desc(bulkRevocations.id))
    .limit(limit);
  return rows.map(toBulkView);
}
