import { and, eq, lt, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { actorId } from '#lib/actor';
import { bulkCriteria, fitting, kept } from '#lib/bulk-revocation/criteria';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { bulkRevocations } from '#lib/db/schema/bulk-revocations';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { newId } from '#lib/ids';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';

export type PrepareBulkInput = z.input<typeof bulkCriteria>;

/**
 * Finds the live connections that fit and writes them down, without touching any: the administrator later confirms
 * exactly the rows shown. A former preparation of the same administrator that was not begun is dropped.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`; `not_found` where nothing fits
 */
export async function prepareBulkRevocation(
  ctx: Context,
  input: PrepareBulkInput,
): Promise<{ id: string; total: number }> {
  requireAdministrator(ctx);
  const criteria = parseInput(bulkCriteria, input);
  const preparedBy = actorId(ctx.actor) ?? '';
  const id = newId('blk');
  const total = await transactAs(ctx, async (tx) => {
    await tx
      .delete(bulkRevocations)
      .where(and(eq(bulkRevocations.state, 'prepared'), eq(bulkRevocations.preparedBy, preparedBy)));
    await tx.insert(bulkRevocations).values({ id, criteria: kept(criteria), total: 0, preparedBy });
    const [counted] = rowsOf<{ total: number }>(
      await tx.execute(sql`with found as (
          insert into bulk_revocation_rows (bulk_id, person_id, connection_id, provider)
          select ${id}, ${connections.personId}, ${connections.id}, ${connections.provider} from ${connections}
          where ${fitting(criteria)} returning 1)
        select count(*)::int as total from found`),
    );
    if (!counted || counted.total === 0) throw new AppError('not_found', { message: 'No live connection fits this.' });
    await tx.update(bulkRevocations).set({ total: counted.total }).where(eq(bulkRevocations.id, id));
    return counted.total;
  });
  return { id, total };
}

/** Drops preparations that were not begun within a day, and that are no news any more. */
export async function purgePreparedBulks(ctx: Context): Promise<void> {
  const old = and(eq(bulkRevocations.state, 'prepared'), lt(bulkRevocations.createdAt, sql`now() - interval '1 day'`));
  await deleteInPages(ctx.database.db, bulkRevocations, old);
}
