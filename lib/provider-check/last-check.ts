import { eq, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { providerChecks } from '#lib/db/schema/provider-checks';
import { requireReader } from '#lib/guards/require';
import { lostAfterSeconds } from '#lib/provider-check/check-provider';
import { type CheckCounts, type CheckResult, countResults, inOrder } from '#lib/provider-check/report';

/** The last check of a provider. */
export interface LastCheckView {
  provider: string;
  /** `lost`: the process that ran it is gone. */
  state: 'running' | 'ended' | 'lost';
  startedAt: Date;
  endedAt: Date | null;
  startedBy: { id: string; name: string | null } | null;
  results: CheckResult[];
  counts: CheckCounts;
}

const isLost = sql<boolean>`${providerChecks.startedAt} not between
  clock_timestamp() - make_interval(secs => ${lostAfterSeconds}) and clock_timestamp()`;

/** The last check of each provider, or of one. @throws AppError `unauthenticated`, `forbidden` */
export async function listLastChecks(ctx: Context, provider?: string): Promise<LastCheckView[]> {
  requireReader(ctx);
  const rows = await ctx.database.db
    .select({
      provider: providerChecks.provider,
      startedAt: providerChecks.startedAt,
      endedAt: providerChecks.endedAt,
      startedBy: providerChecks.startedBy,
      name: sql<string | null>`coalesce(${people.name}, ${people.email})`,
      lost: isLost,
      results: providerChecks.results,
    })
    .from(providerChecks)
    .leftJoin(people, eq(people.id, providerChecks.startedBy))
    .where(provider === undefined ? undefined : eq(providerChecks.provider, provider));
  return rows.map(({ startedBy, name, lost, results, endedAt, ...row }) => ({
    ...row,
    endedAt,
    state: endedAt ? 'ended' : lost ? 'lost' : 'running',
    startedBy: startedBy === null ? null : { id: startedBy, name },
    results: inOrder(results),
    counts: countResults(results),
  }));
}

/** The last check of a provider; null where it was never checked. @throws AppError `unauthenticated`, `forbidden` */
export async function lastCheck(ctx: Context, provider: string): Promise<LastCheckView | null> {
  return (await listLastChecks(ctx, provider))[0] ?? null;
}
