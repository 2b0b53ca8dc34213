import { startOfDay } from '#lib/wall-time';

/** Ranges to pick, by the name that they have in an address. */
export const timeRanges = ['hour', 'today', 'yesterday', '7d', '30d'] as const;
export type TimeRange = (typeof timeRanges)[number];

const hourInMilliseconds = 3_600_000;

/** A range in a reader's zone now. What goes on until now has no end, so that what happens meanwhile is in it. */
export function resolveRange(range: TimeRange, zone: string, now: Date): { from: Date; to?: Date } {
  switch (range) {
    case 'hour':
      return { from: new Date(now.getTime() - hourInMilliseconds) };
    case 'today':
      return { from: startOfDay(now, zone) };
    case 'yesterday':
      return { from: startOfDay(now, zone, 1), to: startOfDay(now, zone) };
    case '7d':
      return { from: startOfDay(now, zone, 6) };
    case '30d':
      return { from: startOfDay(now, zone, 29) };
  }
}
