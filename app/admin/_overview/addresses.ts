import { type Hourly, hourly, type LastDayView } from '#lib/overview/last-day';

const hour = 60 * 60_000;

/** A list of connections, narrowed. */
export function connectionsAddress(filter: { provider?: string; status?: string; concern?: string }): string {
  const query = new URLSearchParams(filter).toString();
  return query ? `/admin/connections?${query}` : '/admin/connections';
}

/** As the ledger's own filters write a moment: UTC without the letter, no more exact than it has to be. */
const momentText = (at: Date) => at.toISOString().replace(/(?::00)?(?:\.000)?Z$/, '');

interface Span {
  from: Date;
  to: Date;
}

/** The part of an hour that has been counted. */
function countedHour(day: LastDayView, n: number): Span {
  const from = day.hours[n] ?? new Date(0);
  const end = from.getTime() + hour;
  // An entry of the very moment up to which was counted is counted too.
  const counted = (day.countedTo?.getTime() ?? end) + 1;
  return { from, to: new Date(Math.max(from.getTime(), Math.min(end, counted))) };
}

function ledgerAddress(filter: { action: string; outcome?: string }, { from, to }: Span): string {
  return `/admin/ledger?${new URLSearchParams({ ...filter, from: momentText(from), to: momentText(to) })}`;
}

/** The entries that an hour's count stands for. */
export function hourAddress(day: LastDayView, one: Hourly, n: number): string {
  return ledgerAddress(hourly[one], countedHour(day, n));
}

/** The entries of the whole day. */
export function dayAddress(day: LastDayView, filter: { action: string; outcome?: string }): string {
  const { from } = countedHour(day, 0);
  return ledgerAddress(filter, { from, to: countedHour(day, day.hours.length - 1).to });
}
