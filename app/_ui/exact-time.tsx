'use client';

import { useSyncExternalStore } from 'react';
import { exactTime } from './relative-time.ts';

const never = () => () => {};

/** A time whose exact form follows the reader's zone once the page lives; the server writes UTC. Nothing shifts. */
export function ExactTime({ at, text }: { at: string; text: string }) {
  const exact = useSyncExternalStore(
    never,
    () => exactTime(new Date(at)),
    () => exactTime(new Date(at), 'UTC'),
  );
  return (
    <time dateTime={at} title={exact} className="whitespace-nowrap">
      {text}
      <span className="sr-only"> ({exact})</span>
    </time>
  );
}
