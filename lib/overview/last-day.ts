import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { dateOf, rowsOf } from '#lib/db/database';
import { requireReader } from '#lib/guards/require';
import { type LedgerAction, ledgerActions } from '#lib/ledger/actions';

const hour = 60 * 60_000;
const hoursShown = 24;

/** A row that is shown hour by hour: an action, with every outcome where none is named. */
export const hourly = {
  vended: { action: 'token.vended' },
  // With its outcome, which an index knows: by the action alone few of them are sought among all reads.
  denied: { action: 'token.denied', outcome: 'refused' },
  refreshed: { action: 'token.refreshed' },
  refreshFailed: { action: 'token.refresh_failed' },
} as const satisfies Record<string, { action: LedgerAction; outcome?: 'refused' }>;
export type Hourly = keyof typeof hourly;
const hourlies = Object.keys(hourly) as Hourly[];

/** Something that did not go well, and how often. */
export interface UnwellView {
  action: string;
  sentence: string;
  outcome: 'refused' | 'failed';
  count: number;
}

/** The events of the hour that is not over and of the 23 before it. */
export interface LastDayView {
  /** When each hour began, the oldest first. */
  hours: Date[];
  /** How often each happened in each hour. */
  counts: Record<Hourly, number[]>;
  /** Every action that was refused or failed, the most frequent first. */
  unwell: UnwellView[];
  /** Everything up to here is counted, this moment included; null where nothing was counted yet. */
  countedTo: Date | null;
  /** Where the hours before were not counted: from when on they were. */
  countedFrom: Date | null;
}

interface Row extends Record<string, unknown> {
  first: Date | string;
  read_to: Date | string | null;
  hours_from: Date | string | null;
  hour: Date | string | null;
  action: string | null;
  outcome: string | null;
  count: number | null;
}

const isUnwell = (outcome: string): outcome is UnwellView['outcome'] => outcome === 'refused' || outcome === 'failed';

/**
 * Counts of the last day, as they are kept while the ledger settles: about a minute behind, and a few rows to read however
 * much happened.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function readLastDay(ctx: Context): Promise<LastDayView> {
  requireReader(ctx);
  // One statement, so that the counts go exactly as far as is said of them.
  const found = rowsOf<Row>(
    await ctx.database.db.execute(sql`
      select d.first, p.read_to, p.hours_from, h.hour, h.action, h.outcome, h.count::float8 as count
      from (select date_bin(interval '1 hour', now(), 'epoch'::timestamptz) - interval '23 hours' as first) d
        left join alert_progress p on true left join event_hours h on h.hour >= d.first`),
  );
  const [row] = found;
  if (!row) throw new Error('the database told no time');
  const first = new Date(row.first).getTime();
  const rows = found.flatMap(({ hour: at, action, outcome, count }) =>
    at === null || action === null || outcome === null
      ? []
      : [{ hour: new Date(at), action, outcome, count: count ?? 0 }],
  );
  const none = () => Array.from({ length: hoursShown }, () => 0);
  const counts = Object.fromEntries(hourlies.map((one) => [one, none()])) as LastDayView['counts'];
  const unwell = new Map<string, UnwellView>();
  for (const { hour: at, action, outcome, count } of rows) {
    const n = Math.floor((at.getTime() - first) / hour);
    for (const one of hourlies) {
      const wanted: { action: string; outcome?: string } = hourly[one];
      if (wanted.action !== action || (wanted.outcome ?? outcome) !== outcome) continue;
      counts[one][n] = (counts[one][n] ?? 0) + count;
    }
    if (!isUnwell(outcome)) continue;
    const key = `${action} ${outcome}`;
    const sentence = ledgerActions[action as LedgerAction] ?? action;
    const known = unwell.get(key) ?? { action, sentence, outcome, count: 0 };
    known.count += count;
    unwell.set(key, known);
  }
  const hoursFrom = dateOf(row.hours_from);
  return {
    hours: Array.from({ length: hoursShown }, (_, n) => new Date(first + n * hour)),
    counts,
    unwell: [...unwell.values()].toSorted((a, b) => b.count - a.count || a.sentence.localeCompare(b.sentence)),
    countedTo: hoursFrom === null ? null : dateOf(row.read_to),
    countedFrom: hoursFrom !== null && hoursFrom.getTime() > first ? hoursFrom : null,
  };
}
