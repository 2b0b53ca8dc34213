import type { LastDayView } from '#lib/overview/last-day';
import { countedPart, spanAddress } from './hour-address.ts';

/** A list of connections, narrowed. */
export function connectionsAddress(filter: { provider?: string; status?: string; concern?: string }): string {
  const query = new URLSearchParams(filter).toString();
  return query ? `/admin/connections?${query}` : '/admin/connections';
}

/** The entries of the whole day. */
export function dayAddress(day: LastDayView, filter: { action: string; outcome?: string }): string {
  const countedTo = day.countedTo?.toISOString() ?? null;
  const { from } = countedPart(day.hours[0] ?? new Date(0), countedTo);
  const { to } = countedPart(day.hours.at(-1) ?? new Date(0), countedTo);
  return spanAddress(new URLSearchParams(filter).toString(), { from, to });
}
