import { Notice } from '#app/_ui/notice';
import { StepUpOffer } from '#app/_ui/step-up-link';
import type { ErrorCode } from '#lib/errors';

interface RefusalProps {
  title: string;
  /** The answer of the action. */
  refused: { code: ErrorCode; message: string; reference?: string | undefined };
  /** Instead of the message of the answer. */
  text?: string | undefined;
  /** The page of the form, for after a fresh sign-in. */
  returnTo: string;
}

/** Why a form changed nothing, with the sign-in that it may need. */
export function Refusal({ title, refused, text = refused.message, returnTo }: RefusalProps) {
  return (
    <Notice tone="bad" title={title} reference={refused.reference} arrival>
      <p>{text}</p>
      <StepUpOffer code={refused.code} returnTo={returnTo} />
    </Notice>
  );
}
