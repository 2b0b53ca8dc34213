import type { HistoryView } from '#lib/connections/views';

type Line = Pick<HistoryView, 'action' | 'sentence' | 'count' | 'by'>;

/** A line of the history as one sentence: “Token read 37 times by billing-sync”. */
export function historyText({ sentence, count, by }: Line): string {
  const times = count === 1 ? '' : count === 2 ? ' twice' : ` ${count.toLocaleString('en')} times`;
  // What the hub does of itself needs no author.
  if (by === 'Grantkeep') return `${sentence}${times}`;
  return `${sentence}${times} by ${by === 'You' ? 'you' : by}`;
}
