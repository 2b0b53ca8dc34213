'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { endTheirSession } from '../actions.ts';

interface EndSessionProps {
  session: string;
  browser: string;
  /** An administrator's session is ended only by who signed in lately. */
  signInUntil: number | undefined;
}

/** Signs one of a person's browsers out. */
export function EndSession({ session, browser, signInUntil }: EndSessionProps) {
  return (
    <ConfirmDialog
      trigger="Sign out"
      triggerClass="btn btn-small btn-plain"
      title="Sign this browser out?"
      fields={[['session', session]]}
      signInUntil={signInUntil}
      confirm="Sign out"
      action={endTheirSession}
    >
      <p>{browser} is signed out at its next request.</p>
    </ConfirmDialog>
  );
}
