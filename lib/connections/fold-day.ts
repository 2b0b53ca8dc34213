import { dayOf } from '#lib/wall-time';

/** A line that stands for one event or for like ones of a day. */
export interface FoldedLine {
  /** The first and the last time. */
  at: Date;
  until: Date;
  action: string;
  sentence: string;
  count: number;
}

/** Events that come by the hundred a day and say the same: of a day they are one line, whatever came between. */
const frequent = new Set(['token.vended', 'token.denied', 'token.refreshed', 'token.refresh_failed']);

/** Reads for different things are one line, which names no purpose. */
const withoutPurpose = (sentence: string): string => sentence.replace(/, for “.*$/s, '');

/**
 * Folds like events of a day, newest first in and out. Frequent ones stand where the newest of them was; of others only
 * neighbours are folded, so that their order stays.
 * @param zone of the days, an IANA name
 * @param like what two events must share beside action and day, as one text
 */
export function foldByDay<Line extends FoldedLine>(
  events: readonly Line[],
  zone: string,
  like: (line: Line) => string,
): Line[] {
  const folded: Line[] = [];
  const ofDay = new Map<string, Line>();
  for (const event of events) {
    const often = frequent.has(event.action);
    const sentence = event.action === 'token.vended' ? withoutPurpose(event.sentence) : event.sentence;
    const key = JSON.stringify([dayOf(event.at, zone), event.action, sentence, like(event)]);
    const known = ofDay.get(key);
    if (known && (often || known === folded.at(-1))) {
      known.count += event.count;
      known.at = event.at;
      if (known.sentence !== event.sentence) known.sentence = sentence;
      continue;
    }
    const line = { ...event };
    folded.push(line);
    ofDay.set(key, line);
  }
  return folded;
}
