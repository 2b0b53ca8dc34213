'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { endTheirSession } from '../actions.ts';

/** Signs one of a person's browsers out. */
export function EndSession({ session, browser }: { session: string; browser: string }) {
  return (
    <ConfirmDialog
      trigger="Sign out"
      triggerClass="btn btn-small btn-plain"
      title="Sign this browser out?"
      fields={[['session', session]]}
      confirm="Sign out"
      action={endTheirSession}
    >
      <p>{browser} is signed out at its next request.</p>
    </ConfirmDialog>
  );
}
