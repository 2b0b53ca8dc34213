import { Notice } from '#app/_ui/notice';
import { StepUpLink } from '#app/_ui/step-up-link';
import { Time } from '#app/_ui/time';
import type { StepUpView } from '#lib/people/step-up';

/** Whether brakes can be lifted just now, and what to do where they cannot. */
export function StepUpNotice({ stepUp: { fresh } }: { stepUp: StepUpView }) {
  return (
    <div className="mb-4">
      {fresh ? (
        <Notice tone="info" title="You signed in lately, so you can thaw">
          <p className="text-meta">
            Until <Time at={fresh.until} />.{' '}
            {fresh.proof === 'auth_time'
              ? 'Your provider said when.'
              : 'Session only: your provider does not say when you proved there who you are.'}
          </p>
        </Notice>
      ) : (
        <Notice tone="info" title="Thawing needs a fresh sign-in">
          <p>
            <StepUpLink returnTo="/admin/freezes" />
          </p>
        </Notice>
      )}
    </div>
  );
}
