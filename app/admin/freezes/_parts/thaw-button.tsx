'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { liftBrake } from '../actions.ts';

/** Lifts one brake. */
export function ThawButton({ id, subject }: { id: string; subject: string }) {
  return (
    <ConfirmDialog
      trigger={
        <>
          Thaw <span className="sr-only">{subject}</span>
        </>
      }
      triggerClass="btn btn-small btn-plain"
      title="Thaw?"
      fields={[['id', id]]}
      reason
      confirm="Thaw"
      danger={false}
      action={liftBrake}
    >
      <p className="font-medium text-ink">{subject}</p>
      <p>
        Tokens are vended and refreshed again from the next request on, except under another brake that stands. Revoke
        first what must not work again.
      </p>
    </ConfirmDialog>
  );
}
