import { dayOf, startOfDay, wallTime } from '#lib/wall-time';

/** “14:05”, or “14:05:09”, as clocks of the zone show it. */
export function clockTime(at: Date, zone: string, seconds = false): string {
  return wallTime(at, zone).slice(11, seconds ? 19 : 16);
}

/** “Mon 23 Nov”; with the year where it is another than now. */
export function dayText(at: Date, zone: string, now: Date): string {
  const sameYear = dayOf(at, zone).slice(0, 4) === dayOf(now, zone).slice(0, 4);
  const options = { weekday: 'short', day: 'numeric', month: 'short', timeZone: zone } as const;
  return at.toLocaleDateString('en-GB', sameYear ? options : { ...options, year: 'numeric' }).replace(',', '');
}

/** A day of a log, with its entries in their order. */
export interface Day<T> {
  /** `2026-11-22`. */
  day: string;
  /** “Today”, “Yesterday”; null for every other day. */
  name: string | null;
  /** “Mon 23 Nov”. */
  text: string;
  items: T[];
}

/** Entries, which are in the order of time already, by the days of the zone. */
export function byDay<T>(items: readonly T[], atOf: (item: T) => Date, zone: string, now: Date): Day<T>[] {
  const names = new Map([
    [dayOf(now, zone), 'Today'],
    [dayOf(startOfDay(now, zone, 1), zone), 'Yesterday'],
  ]);
  const days: Day<T>[] = [];
  for (const item of items) {
    const at = atOf(item);
    const day = dayOf(at, zone);
    const last = days.at(-1);
    if (last?.day === day) last.items.push(item);
    else days.push({ day, name: names.get(day) ?? null, text: dayText(at, zone, now), items: [item] });
  }
  return days;
}
