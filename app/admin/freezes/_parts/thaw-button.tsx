'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import type { FreezeView } from '#lib/freezes/views';
import { freezeObject } from '#ui/freeze-words';
import { liftFreeze } from '../actions.ts';

interface ThawButtonProps {
  freeze: Pick<FreezeView, 'id' | 'scope' | 'target' | 'targetName'>;
  /** Until when the last sign-in counts: milliseconds since 1970. */
  signInUntil: number;
}

/** Lifts one freeze. */
export function ThawButton({ freeze, signInUntil }: ThawButtonProps) {
  const name = freezeObject(freeze);
  return (
    <ConfirmDialog
      trigger={
        <>
          Thaw <span className="sr-only">{name}</span>
        </>
      }
      triggerClass="btn btn-small btn-plain"
      title={`Thaw ${name}?`}
      fields={[['id', freeze.id]]}
      reason
      signInUntil={signInUntil}
      confirm="Thaw"
      danger={false}
      action={liftFreeze}
    >
      <p>
        Tokens are vended and refreshed again from the next request on, except under another freeze that stands. Revoke
        first what must not work again.
      </p>
    </ConfirmDialog>
  );
}
