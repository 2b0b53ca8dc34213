import { eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { listBlastRadius } from '#lib/bulk-revocation/blast-radius';
import { waitingOf } from '#lib/bulk-revocation/criteria';
import { bulkColumns, itsAuthor, toBulkView } from '#lib/bulk-revocation/list';
import type { BulkDetailView, BulkProgress, BulkProviderView } from '#lib/bulk-revocation/views';
import { waitingGrants } from '#lib/connect-sessions/cut-short';
import type { Context } from '#lib/context';
import { type Db, rowsOf } from '#lib/db/database';
import { bulkRevocations } from '#lib/db/schema/bulk-revocations';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

export const getBulkInput = z.object({ id: z.string().max(64) });
export type GetBulkInput = z.input<typeof getBulkInput>;

interface Counted extends Record<string, unknown> {
  here: keyof BulkProgress['here'];
  upstream: keyof BulkProgress['upstream'] | null;
  proof: keyof BulkProgress['proof'] | 'none' | null;
  count: number;
}

async function progressOf(db: Db, id: string): Promise<BulkProgress> {
  const counted = rowsOf<Counted>(
    await db.execute(sql`select r.state as here, v.state as upstream, v.proof, count(*)::int as count
      from bulk_revocation_rows r
      left join revocations v on r.state = 'revoked' and v.person_id = r.person_id
        and v.connection_id = r.connection_id and v.replaced_generation = 0
      where r.bulk_id = ${id} group by 1, 2, 3`),
  );
  const progress: BulkProgress = {
    here: { waiting: 0, revoked: 0, revoked_before: 0, failed: 0 },
    upstream: { pending: 0, revoked_upstream: 0, unsupported: 0, failed: 0 },
    proof: { proved: 0, still_accepted: 0, due: 0, not_provable: 0 },
  };
  for (const { here, upstream, proof, count } of counted) {
    progress.here[here] += count;
    if (upstream) progress.upstream[upstream] += count;
    if (proof && proof !== 'none') progress.proof[proof] += count;
  }
  return progress;
}

/**
 * @param before true for one that is not begun: afterwards the blast radius is of no interest, and it is the slowest to find
 */
async function providersOf(ctx: Context, id: string, before: boolean): Promise<BulkProviderView[]> {
  const { db } = ctx.database;
  const counted = rowsOf<{ provider: string; count: number }>(
    await db.execute(sql`select provider, count(*)::int as count from bulk_revocation_rows
      where bulk_id = ${id} group by provider order by count(*) desc, provider`),
  );
  const ending = before ? await listBlastRadius(ctx, id) : undefined;
  return counted.map(({ provider, count }) => {
    const record = ctx.providers.get(provider);
    return {
      id: provider,
      name: record?.name ?? provider,
      count,
      supported: record !== undefined && record.revoke.style !== 'none',
      manualUrl: record?.revoke.manual_url ?? null,
      blastRadius: ending?.get(provider) ?? { count: 0, connections: [] },
      radius: record?.revoke.blast_radius ?? 'token',
    };
  });
}

/**
 * One bulk revocation: its rows, its blast radius, and its progress. For administrators and auditors.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`
 */
export async function getBulkRevocation(ctx: Context, input: GetBulkInput): Promise<BulkDetailView> {
  requireReader(ctx);
  const { id } = parseInput(getBulkInput, input);
  const { db } = ctx.database;
  const [row] = await db
    .select(bulkColumns)
    .from(bulkRevocations)
    .leftJoin(people, eq(people.id, itsAuthor))
    .where(inArray(bulkRevocations.id, [id]));
  if (!row) throw new AppError('not_found');
  const waiting = row.state === 'prepared' ? waitingOf(row.criteria) : undefined;
  const [progress, providers, held, counted] = await Promise.all([
    progressOf(db, id),
    providersOf(ctx, id, row.state === 'prepared'),
    waiting ? waitingGrants(ctx, db, waiting) : [],
    db.execute(sql`select count(distinct person_id)::int as people from bulk_revocation_rows where bulk_id = ${id}`),
  ]);
  return {
    ...toBulkView(row),
    people: rowsOf<{ people: number }>(counted)[0]?.people ?? 0,
    waitingGrants: held.length,
    providers,
    progress,
    settled: row.state === 'finished' && progress.upstream.pending === 0 && progress.proof.due === 0,
  };
}
