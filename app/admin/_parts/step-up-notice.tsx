import { Notice } from '#app/_ui/notice';
import { StepUpLink } from '#app/_ui/step-up-link';
import { Time } from '#app/_ui/time';
import type { StepUpView } from '#lib/sign-in/step-up';

/** Until when the last sign-in counts, for dialogs, which know no more than a moment: milliseconds since 1970. */
export const signInUntil = ({ fresh }: StepUpView): number => fresh?.until.getTime() ?? 0;

interface StepUpNoticeProps {
  stepUp: StepUpView;
  /** What needs it, as the start of a sentence: “Thawing”. */
  what: string;
  /** More than one thing needs it. */
  several?: boolean;
  returnTo: string;
  /** The name of that form in its `GoOn`. Its typed fields stay. */
  form?: string;
}

/** Whether what needs a fresh sign-in can be done just now, how that sign-in is known, and what to do where it cannot. */
export function StepUpNotice({
  stepUp: { fresh, provider },
  what,
  several = false,
  returnTo,
  form,
}: StepUpNoticeProps) {
  if (fresh) {
    return (
      <Notice tone="info" title={`${what} ${several ? 'are' : 'is'} open to you`}>
        <p className="text-meta">
          {fresh.proof === 'auth_time'
            ? 'Your provider said when you signed in.'
            : 'Session only: your provider does not say when you proved there who you are.'}{' '}
          That counts for five minutes and ends <Time at={fresh.until} />.
        </p>
      </Notice>
    );
  }
  return (
    <Notice tone="info" title={`${what} ${several ? 'need' : 'needs'} a fresh sign-in`}>
      <p className="text-meta">
        One of the last five minutes{provider?.proof === 'auth_time' && `, which ${provider.name} confirms`}.
        {provider?.proof === 'session_only' &&
          ` Session only: ${provider.name} does not say when you proved there who you are.`}
      </p>
      <p>
        <StepUpLink returnTo={returnTo} className="btn btn-small btn-primary" {...(form !== undefined && { form })} />
      </p>
    </Notice>
  );
}
