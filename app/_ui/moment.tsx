'use client';

import { useZone } from '#app/_ui/zone';
import { exactTime } from './relative-time.ts';

/** A moment to the second, as evidence needs it, in the reader's zone. */
export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} className="whitespace-nowrap" suppressHydrationWarning>
      {exactTime(new Date(at), useZone())}
    </time>
  );
}
