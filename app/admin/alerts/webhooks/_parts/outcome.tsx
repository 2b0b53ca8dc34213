'use client';

import { Notice } from '#app/_ui/notice';
import { answerText, isTaken } from './answer-words.ts';

interface OutcomeProps {
  /** What was sent, as the start of a sentence: “The test”. */
  what: string;
  status: number | null;
  code: string | null;
  durationMs: number;
}

/** How an attempt went that somebody has just made. */
export function Outcome({ what, status, code, durationMs }: OutcomeProps) {
  const taken = isTaken({ status });
  return (
    <Notice tone={taken ? 'good' : 'bad'} title={`${what} was ${taken ? '' : 'not '}taken`} arrival>
      <p className="text-meta">
        {answerText({ status, code })}, after {durationMs} ms.
      </p>
    </Notice>
  );
}
