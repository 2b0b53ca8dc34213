'use client';

import { useZone } from '#app/_ui/zone';
import { exactTime } from './relative-time.ts';

/** A time with the exact one for hovering and for screen readers, in the reader's zone. */
export function ExactTime({ at, text }: { at: string; text: string }) {
  const exact = exactTime(new Date(at), useZone());
  return (
    // Names of zones differ between the server's and the browser's tables.
    <time dateTime={at} title={exact} className="whitespace-nowrap" suppressHydrationWarning>
      {text}
      <span className="sr-only" suppressHydrationWarning>
        {' '}
        ({exact})
      </span>
    </time>
  );
}
