'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { acceptMoved } from '../actions.ts';

interface AcceptMovedProps {
  provider: { id: string; name: string };
  /** The row that stands on the page. */
  row: number;
  /** Until when the last sign-in counts: milliseconds since 1970. */
  signInUntil: number;
}

/** Lets the hub go by endpoints that moved to another host. */
export function AcceptMoved({ provider, row, signInUntil }: AcceptMovedProps) {
  return (
    <ConfirmDialog
      trigger="Accept the new endpoints"
      triggerClass="btn btn-small btn-plain"
      title={`Go by the new endpoints of ${provider.name}?`}
      fields={[
        ['provider', provider.id],
        ['id', String(row)],
      ]}
      signInUntil={signInUntil}
      confirm="Accept"
      action={acceptMoved}
    >
      <p>
        From now on the hub sends the client’s secret, codes and refresh tokens to these addresses, and people to this
        page. Ask {provider.name} first whether the move is theirs.
      </p>
    </ConfirmDialog>
  );
}
