'use client';

import { useSyncExternalStore } from 'react';
import { exactTime } from './relative-time.ts';

const never = () => () => {};

/** A time: the server writes it in UTC, and the page turns it into the reader's zone once it lives. Nothing shifts. */
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
