'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { revokeKey } from '../actions.ts';

/** Ends one API key. */
export function RevokeKey({ id, name }: { id: string; name: string }) {
  return (
    <ConfirmDialog
      trigger={
        <>
          Revoke <span className="sr-only">{name}</span>
        </>
      }
      triggerClass="btn btn-small btn-danger-plain"
      title={`Revoke ${name}?`}
      fields={[['id', id]]}
      confirm="Revoke key"
      action={revokeKey}
    >
      <p>Every call with this key is refused from now on. Connections stay as they are. This cannot be undone.</p>
    </ConfirmDialog>
  );
}
