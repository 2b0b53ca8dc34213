'use client';

import { useZone } from '#app/_ui/zone';
import { clockTime, dayText } from './days.ts';
import { exactTime } from './relative-time.ts';

interface ClockProps {
  /** ISO 8601. */
  at: string;
  seconds?: boolean;
  /** With its day before it, where another day may stand above. */
  dated?: boolean;
}

/** The time of day of an entry under the heading of its day, in the reader's zone. */
export function Clock({ at, seconds = false, dated = false }: ClockProps) {
  const zone = useZone();
  const moment = new Date(at);
  return (
    <time dateTime={at} title={exactTime(moment, zone)} className="tabular whitespace-nowrap" suppressHydrationWarning>
      {dated && `${dayText(moment, zone, new Date())}, `}
      {clockTime(moment, zone, seconds)}
    </time>
  );
}

/** The day on which something is due or ends, in the reader's zone. */
export function DayOf({ at }: { at: string }) {
  const zone = useZone();
  const moment = new Date(at);
  return (
    <time dateTime={at} title={exactTime(moment, zone)} className="whitespace-nowrap" suppressHydrationWarning>
      {dayText(moment, zone, new Date())}
    </time>
  );
}
