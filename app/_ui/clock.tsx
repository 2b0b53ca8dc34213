'use client';

import { useZone } from '#app/_ui/zone';
import { clockTime } from './days.ts';
import { exactTime } from './relative-time.ts';

/** The time of day of an entry under the heading of its day, in the reader's zone. */
export function Clock({ at, seconds = false }: { at: string; seconds?: boolean }) {
  const zone = useZone();
  return (
    <time
      dateTime={at}
      title={exactTime(new Date(at), zone)}
      className="tabular whitespace-nowrap"
      suppressHydrationWarning
    >
      {clockTime(new Date(at), zone, seconds)}
    </time>
  );
}
