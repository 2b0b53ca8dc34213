'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { revokeSelected } from '../actions.ts';

/** Revokes the connection of this page. */
export function RevokeOne({ id, label }: { id: string; label: string }) {
  return (
    <ConfirmDialog
      trigger="Revoke"
      triggerClass="btn btn-danger-plain"
      title="Revoke this connection?"
      fields={[['ids', id]]}
      reason
      confirm="Revoke"
      action={revokeSelected}
    >
      <p className="font-medium text-ink">{label}</p>
      <p>
        Services lose access to it at once. The provider is told, and asked again until it confirms. This cannot be
        undone; the person must connect anew.
      </p>
    </ConfirmDialog>
  );
}
