import { CircleCheck, CircleDashed, CircleX } from '#app/_ui/icons';
import type { EndingStep } from '#lib/error-advice';
import { flowSteps } from '#lib/search/request-story';

const names: Record<(typeof flowSteps)[number], string> = {
  request: 'Request',
  provider: 'Provider’s pages',
  answer: 'Answer',
  exchange: 'Code for tokens',
  account: 'Account',
};

const looks = {
  passed: { icon: CircleCheck, tone: 'text-good', word: 'passed' },
  ended: { icon: CircleX, tone: 'text-bad', word: 'ended here' },
  ahead: { icon: CircleDashed, tone: 'text-soft', word: 'not reached' },
};

/** How far a flow came, step by step; nothing where it ended at no step of a flow. */
export function FlowProgress({ step }: { step: EndingStep }) {
  const at = (flowSteps as readonly EndingStep[]).indexOf(step);
  if (at < 0) return null;
  return (
    <ol aria-label="How far it came" className="mb-4 flex flex-wrap gap-x-6 gap-y-2">
      {flowSteps.map((one, n) => {
        const { icon: Icon, tone, word } = looks[n < at ? 'passed' : n === at ? 'ended' : 'ahead'];
        return (
          <li key={one} className={`flex items-center gap-1.5 ${n === at ? 'font-medium' : 'text-soft'}`}>
            <Icon aria-hidden="true" className={`size-4 flex-none ${tone}`} />
            <span>
              {names[one]}
              <span className="sr-only"> ({word})</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
