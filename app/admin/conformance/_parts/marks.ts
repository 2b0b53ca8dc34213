import { CircleAlert, CircleCheck, CircleDashed, CircleHelp, CircleMinus } from '#app/_ui/icons';
import type { ClauseState } from '#lib/conformance/clause';
import type { TestResult } from '#lib/conformance/results';

/** How each state of a clause looks. */
export const stateMarks = {
  met: { tone: 'good', icon: CircleCheck },
  partly: { tone: 'warn', icon: CircleDashed },
  not_met: { tone: 'bad', icon: CircleAlert },
  not_ours: { tone: 'quiet', icon: CircleMinus },
} as const satisfies Record<ClauseState, object>;

/** How the last result of a test looks. */
export const resultMarks = {
  passed: { tone: 'good', icon: CircleCheck, word: 'Passed' },
  failed: { tone: 'bad', icon: CircleAlert, word: 'Failed' },
  did_not_run: { tone: 'bad', icon: CircleHelp, word: 'Did not run' },
  unknown: { tone: 'quiet', icon: CircleHelp, word: 'Not known here' },
} as const satisfies Record<TestResult | 'unknown', object>;
