'use client';

import { useSyncExternalStore } from 'react';
import { exactTime } from './relative-time.ts';

const never = () => () => {};

/** A moment to the second, as evidence needs it, in the reader's zone once the page lives; the server writes UTC. */
export function Moment({ at }: { at: string }) {
  const text = useSyncExternalStore(
    never,
    () => exactTime(new Date(at)),
    () => exactTime(new Date(at), 'UTC'),
  );
  return (
    <time dateTime={at} className="whitespace-nowrap">
      {text}
    </time>
  );
}
