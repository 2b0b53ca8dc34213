import { CircleAlert, CircleCheck, CircleHelp, CircleMinus } from '#app/_ui/icons';
import type { CheckView } from '#lib/checks/results';

/** How each result looks, the most urgent first. */
export const outcomes = {
  fails: { tone: 'bad', icon: CircleAlert, word: 'Fails' },
  unknown: { tone: 'quiet', icon: CircleHelp, word: 'Cannot be known' },
  not_promised: { tone: 'quiet', icon: CircleMinus, word: 'Not ours to promise' },
  passes: { tone: 'good', icon: CircleCheck, word: 'Passes' },
} as const;

/** The results in a sentence: `9 pass, 1 fails, 2 cannot be known`. */
export function countWords(results: readonly Pick<CheckView, 'result'>[]): string {
  const count = (result: CheckView['result']) => results.filter((one) => one.result === result).length;
  const promised = count('not_promised');
  return [
    `${count('passes')} pass`,
    `${count('fails')} fail`,
    `${count('unknown')} cannot be known`,
    ...(promised > 0 ? [`${promised} are not ours to promise`] : []),
  ].join(', ');
}
