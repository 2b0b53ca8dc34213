import { type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { countUpTo } from '#lib/db/count-capped';
import { dateOf, rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { requireReader } from '#lib/guards/require';
import type { ProviderRecord } from '#lib/providers/record';
import { dueRows, reasonsFor } from '#lib/refresh/claim-due';

/** Counting stops here: a larger number is shown as “10,000+”. */
export const countedTo = countUpTo;

/** How a provider's refreshes go, as the ledger and the connections say. */
export interface ProviderActivityView {
  provider: { id: string; name: string };
  /** Within the last hour. Counts end at `countedTo` + 1. */
  refreshed: number;
  failed: number;
  lastRefreshedAt: Date | null;
  lastFailure: { at: Date; code: string | null } | null;
  /** Connections that the background would refresh now. */
  due: number;
  /** Connections that wait before the next try, since their last refreshes failed. */
  backingOff: number;
}

interface Row extends Record<string, unknown> {
  provider: string;
  refreshed: string | number;
  failed: string | number;
  refreshed_at: Date | string | null;
  failed_at: Date | string | null;
  code: string | null;
  backing_off: string | number;
}

// Written out, so that the planner sees that the partial index will do.
const refreshed = sql.raw(`'token.refreshed'`);
const failed = sql.raw(`'token.refresh_failed'`);
const lastHour = (action: SQL) => sql`(select count(*) from (select 1 from ${ledger}
  where provider = p.id and action = ${action} and at > now() - interval '1 hour' limit ${countedTo + 1}) counted)`;

/** The select that reads it all for these providers, for a test that looks at its plan too. */
export function activityRows(ids: readonly string[]): SQL {
  const values = sql.join(
    ids.map((id) => sql`(${id}::text)`),
    sql`, `,
  );
  const last = (action: SQL) => sql`select at, code from ${ledger} where provider = p.id and action = ${action}
    order by at desc limit 1`;
  return sql`select p.id as provider, good.at as refreshed_at, bad.at as failed_at, bad.code,
      ${lastHour(refreshed)} as refreshed, ${lastHour(failed)} as failed,
      (select count(*) from (select 1 from ${connections} where provider = p.id and status = 'connected'
        and refresh_failures > 0 and next_refresh_attempt_at > now() limit ${countedTo + 1}) waiting) as backing_off
    from (values ${values}) p(id)
    left join lateral (${last(refreshed)}) good on true
    left join lateral (${last(failed)}) bad on true`;
}

/**
 * How the refreshes of every provider go. Bounded reads along indexes: the same at any size of the ledger.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listProviderActivity(ctx: Context): Promise<ProviderActivityView[]> {
  requireReader(ctx);
  const providers = ctx.providers.list();
  if (providers.length === 0) return [];
  const { db } = ctx.database;
  // Two statements, however many providers: a page must not take every connection of the pool.
  const [rows, dues] = await Promise.all([
    db.execute(activityRows(providers.map(({ id }) => id))).then((result) => rowsOf<Row>(result)),
    db.execute(dueCounts(ctx, providers)).then((result) => rowsOf<{ provider: string; due: string | number }>(result)),
  ]);
  const found = new Map(rows.map((row) => [row.provider, row]));
  const due = new Map(dues.map((row) => [row.provider, Number(row.due)]));
  return providers.map(({ id, name }) => {
    const row = found.get(id);
    const failedAt = dateOf(row?.failed_at ?? null);
    return {
      provider: { id, name },
      refreshed: Number(row?.refreshed ?? 0),
      failed: Number(row?.failed ?? 0),
      lastRefreshedAt: dateOf(row?.refreshed_at ?? null),
      lastFailure: failedAt && { at: failedAt, code: row?.code ?? null },
      due: Math.min(due.get(id) ?? 0, countedTo + 1),
      backingOff: Number(row?.backing_off ?? 0),
    };
  });
}

/** The select that counts what the background would refresh now, provider by provider. */
function dueCounts(ctx: Context, providers: readonly ProviderRecord[]): SQL {
  const counts = providers.map((provider) => {
    const reasons = reasonsFor(ctx, provider).map((reason) => sql`(${dueRows(provider.id, reason, countedTo + 1)})`);
    // A connection may be due for both reasons, and counts once.
    return sql`select ${provider.id}::text as provider, count(*) as due from (${sql.join(reasons, sql` union `)}) due`;
  });
  return sql.join(counts, sql` union all `);
}
