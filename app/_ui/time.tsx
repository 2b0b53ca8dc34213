import { ExactTime } from '#app/_ui/exact-time';
import { relativeTime } from './relative-time.ts';

/** A time relative to now, with the exact one for hovering and for screen readers. */
export function Time({ at }: { at: Date }) {
  return <ExactTime at={at.toISOString()} text={relativeTime(at, new Date())} />;
}

/** A time that may not have been yet. */
export function TimeOr({ at, otherwise }: { at: Date | null; otherwise: string }) {
  return at ? <Time at={at} /> : otherwise;
}
