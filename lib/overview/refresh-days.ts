import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { dateOf, rowsOf } from '#lib/db/database';
import { requireReader } from '#lib/guards/require';
import { startOfDay } from '#lib/wall-time';

/** Days that are shown, today among them. */
const refreshDaysShown = 30;
const refreshedAction = 'token.refreshed';
const failedAction = 'token.refresh_failed';

/** Refreshes of a span: done, and tries that failed. */
export interface RefreshCounts {
  refreshed: number;
  failed: number;
}

/** How a provider's refreshes went. */
export interface RefreshHistory {
  /** An id alone where the provider is set up no more. */
  provider: { id: string; name: string };
  /** The last 7 days and all 30, today among them. */
  week: RefreshCounts;
  month: RefreshCounts;
  /** One for each day, the oldest first. */
  days: RefreshCounts[];
}

/** The refreshes of the last 30 days, by the days of the reader's zone. */
export interface RefreshDaysView {
  /** When each day began, the oldest first. */
  days: Date[];
  all: Omit<RefreshHistory, 'provider'>;
  /** Providers with a refresh in these days, the most tries first. */
  providers: RefreshHistory[];
  /** Where the days before were not counted: from when on they were. Null where all are, or none. */
  countedFrom: Date | null;
  /** Everything up to here is counted; null where nothing was counted yet. */
  countedTo: Date | null;
}

interface Row extends Record<string, unknown> {
  provider: string | null;
  day: number | null;
  refreshed: number | null;
  failed: number | null;
  read_to: Date | string | null;
  counted_from: Date | string | null;
}

const weekDays = 7;
const sumOf = (days: readonly RefreshCounts[]): RefreshCounts =>
  days.reduce((sum, day) => ({ refreshed: sum.refreshed + day.refreshed, failed: sum.failed + day.failed }), {
    refreshed: 0,
    failed: 0,
  });
const historyOf = (days: RefreshCounts[]) => ({ week: sumOf(days.slice(-weekDays)), month: sumOf(days), days });
const noDays = (): RefreshCounts[] => Array.from({ length: refreshDaysShown }, () => ({ refreshed: 0, failed: 0 }));

/**
 * How refreshes went day by day, from the counts that are kept by the hour: about a minute behind, and the same to read
 * however much happened. An hour counts to the day in which it began, also where a zone's day begins within an hour.
 * @param input `zone`: an IANA name
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function readRefreshDays(ctx: Context, { zone }: { zone: string }): Promise<RefreshDaysView> {
  requireReader(ctx);
  const now = ctx.now();
  const days = Array.from({ length: refreshDaysShown }, (_, n) => startOfDay(now, zone, refreshDaysShown - 1 - n));
  const starts = sql`array[${sql.join(
    days.map((day) => sql`${day.toISOString()}::timestamptz`),
    sql`, `,
  )}]`;
  // Hour by hour along the primary key: a range of hours alone would read every other action of a month.
  const rows = rowsOf<Row>(
    await ctx.database.db.execute(sql`
      select p.read_to, case when p.hours_from is not null
          then greatest(p.hours_from, (select min(hour) from event_hours)) end as counted_from, counted.* from (select 1) one left join alert_progress p on true left join (
        select e.provider, width_bucket(h.hour, ${starts})::int as day,
          coalesce(sum(e.count) filter (where a.action = ${refreshedAction}), 0)::float8 as refreshed,
          coalesce(sum(e.count) filter (where a.action = ${failedAction}), 0)::float8 as failed
        from generate_series(date_bin(interval '1 hour', ${days[0]?.toISOString()}::timestamptz, 'epoch'::timestamptz),
            ${now.toISOString()}::timestamptz, interval '1 hour') h(hour)
          cross join (values (${refreshedAction}), (${failedAction})) a(action)
          cross join lateral (select provider, count from event_hours
            where hour = h.hour and action = a.action offset 0) e
        group by 1, 2) counted on true`),
  );
  const found = new Map<string, RefreshCounts[]>();
  for (const { provider, day, refreshed, failed } of rows) {
    // Bucket 0 is the part of an hour that lies before the first day.
    if (provider === null || day === null || day < 1) continue;
    const own = found.get(provider) ?? noDays();
    own[day - 1] = { refreshed: refreshed ?? 0, failed: failed ?? 0 };
    found.set(provider, own);
  }
  const providers = [...found].map(([id, own]) => ({
    provider: { id, name: ctx.providers.get(id)?.name ?? id },
    ...historyOf(own),
  }));
  const tries = ({ month }: RefreshHistory) => month.refreshed + month.failed;
  // Builds before kept eight days, however long they had counted.
  const countedFrom = dateOf(rows[0]?.counted_from ?? null);
  const first = days[0] ?? now;
  return {
    days,
    all: historyOf(days.map((_, n) => sumOf(providers.flatMap((one) => one.days[n] ?? [])))),
    providers: providers.toSorted((a, b) => tries(b) - tries(a) || a.provider.name.localeCompare(b.provider.name)),
    countedFrom: countedFrom !== null && countedFrom > first ? countedFrom : null,
    countedTo: countedFrom === null ? null : dateOf(rows[0]?.read_to ?? null),
  };
}
