'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { resume } from '../actions.ts';

interface ResumeButtonProps {
  provider: { id: string; name: string };
  /** Until when the last sign-in counts: milliseconds since 1970. */
  signInUntil: number;
}

/** Lets a provider's refreshes go on. */
export function ResumeButton({ provider, signInUntil }: ResumeButtonProps) {
  return (
    <ConfirmDialog
      trigger={
        <>
          Go on <span className="sr-only">with {provider.name}</span>
        </>
      }
      triggerClass="btn btn-small btn-plain"
      title={`Go on with ${provider.name}?`}
      fields={[['provider', provider.id]]}
      reason
      signInUntil={signInUntil}
      confirm="Go on"
      action={resume}
    >
      <p>
        Connections are refreshed again. A grant that {provider.name} refuses once more ends then, and its person must
        reconnect. For an hour nothing stops this again. Make sure first that {provider.name} has no trouble of its own.
      </p>
    </ConfirmDialog>
  );
}
