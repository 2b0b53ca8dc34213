import { CircleAlert, CircleCheck, CircleHelp, CircleSlash, Clock, type IconComponent } from '#app/_ui/icons';
import { Badge } from '#app/_ui/status';
import type { ReviewView } from '#lib/reviews/views';

interface Look {
  tone: React.ComponentProps<typeof Badge>['tone'];
  icon: IconComponent;
  word: string;
}

export const states: Record<ReviewView['state'], Look> = {
  overdue: { tone: 'bad', icon: CircleAlert, word: 'Overdue' },
  open: { tone: 'due', icon: Clock, word: 'Due' },
  signed_off: { tone: 'good', icon: CircleCheck, word: 'Signed off' },
  missed: { tone: 'quiet', icon: CircleSlash, word: 'Missed' },
};

/** Whether a review waits, is over its date, or is over. */
export function ReviewState({ review: { state, late } }: { review: Pick<ReviewView, 'state' | 'late'> }) {
  const { word, ...look } = states[state];
  return <Badge {...look}>{late ? 'Signed off late' : word}</Badge>;
}

const results = {
  attention: { tone: 'warn', icon: CircleAlert, word: 'Needs attention' },
  unknown: { tone: 'quiet', icon: CircleHelp, word: 'Cannot be known' },
  fine: { tone: 'good', icon: CircleCheck, word: 'Fine' },
} as const;

/** How a finding is. */
export function FindingResult({ result }: { result: keyof typeof results }) {
  const { word, ...look } = results[result];
  return <Badge {...look}>{word}</Badge>;
}

/** The findings in a sentence. */
export function countWords(counts: ReviewView['counts']): string {
  if (!counts) return 'Not computed yet';
  const parts = [`${counts.attention} to look at`];
  if (counts.unknown > 0) parts.push(`${counts.unknown} cannot be known`);
  return [...parts, `${counts.fine} fine`].join(', ');
}

export const periodWords: Record<ReviewView['period'], string> = {
  weekly: 'Weekly',
  monthly: 'Monthly',
  quarterly: 'Quarterly',
  on_change: 'After a provider changes',
};
