import type { HistoryView } from '#lib/connections/views';

type Line = Pick<HistoryView, 'action' | 'sentence' | 'count' | 'by'>;

/** Words of our own for who it was; everything else is a name. */
const ours = new Set(['You', 'The person', 'An administrator', 'A visitor without a sign-in']);

/** A line of the history as one sentence: “Token read 37 times by billing-sync”. */
export function historyText({ action, sentence, count, by }: Line): string {
  const times = count === 1 ? '' : count === 2 ? ' twice' : ` ${count.toLocaleString('en')} times`;
  // What the hub does of itself needs no author.
  if (by === 'Grantkeep') return `${sentence}${times}`;
  const who = ours.has(by) ? by.charAt(0).toLowerCase() + by.slice(1) : by;
  // Where something was refused, they were refused it; they did not refuse it.
  const [what = '', ...more] = sentence.split(', ');
  const toward = action === 'token.denied' ? 'to' : what.includes('refused') ? 'for' : 'by';
  return [`${what}${times} ${toward} ${who}`, ...more].join(', ');
}
