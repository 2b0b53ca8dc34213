'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import type { FreezeView } from '#lib/freezes/views';
import { brakeObject } from '#ui/brake-words';
import { liftBrake } from '../actions.ts';

interface ThawButtonProps {
  brake: Pick<FreezeView, 'id' | 'scope' | 'target' | 'targetName'>;
  /** Until when the last sign-in counts: milliseconds since 1970. */
  signInUntil: number;
}

/** Lifts one brake. */
export function ThawButton({ brake, signInUntil }: ThawButtonProps) {
  const name = brakeObject(brake);
  return (
    <ConfirmDialog
      trigger={
        <>
          Thaw <span className="sr-only">{name}</span>
        </>
      }
      triggerClass="btn btn-small btn-plain"
      title={`Thaw ${name}?`}
      fields={[['id', brake.id]]}
      reason
      signInUntil={signInUntil}
      confirm="Thaw"
      danger={false}
      action={liftBrake}
    >
      <p>
        Tokens are vended and refreshed again from the next request on, except under another brake that stands. Revoke
        first what must not work again.
      </p>
    </ConfirmDialog>
  );
}
