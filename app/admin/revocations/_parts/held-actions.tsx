'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { letGo, retryHeld } from '../actions.ts';

interface HeldActionsProps {
  id: string;
  provider: string;
  refused: boolean;
  /** Until when the last sign-in counts: milliseconds since 1970; 0 where it does not. */
  signInUntil: number;
}

/** What an administrator can do about tokens that the hub could not revoke. */
export function HeldActions({ id, provider, refused, signInUntil }: HeldActionsProps) {
  return (
    <span className="flex flex-wrap gap-2">
      <ConfirmDialog
        trigger="Try again"
        triggerClass="btn"
        title={`Revoke at ${provider} again?`}
        fields={[['id', id]]}
        reason
        signInUntil={signInUntil}
        confirm="Try again"
        danger={false}
        action={retryHeld}
      >
        <p>The hub tells {provider} again and tries the tokens afterwards.</p>
        {refused && <p>Other connections to the same account may end with this grant. Their people must reconnect.</p>}
      </ConfirmDialog>
      <ConfirmDialog
        trigger="Let go"
        triggerClass="btn btn-danger"
        title="Let go of these tokens?"
        fields={[['id', id]]}
        reason
        signInUntil={signInUntil}
        confirm="Let go"
        action={letGo}
      >
        <p>
          The hub erases the tokens and cannot revoke this grant afterwards. At {provider} it may live on. End it there
          by hand first.
        </p>
      </ConfirmDialog>
    </span>
  );
}
