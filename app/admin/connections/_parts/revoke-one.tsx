'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { DyingWith } from '#app/_ui/dying-with';
import type { DyingWithView } from '#lib/revocation/dying-with';
import { revokeOne } from '../actions.ts';

/** Revokes the connection of this page. */
export function RevokeOne({ id, label, dying }: { id: string; label: string; dying: DyingWithView }) {
  return (
    <ConfirmDialog
      trigger="Revoke"
      triggerClass="btn btn-danger-plain"
      title="Revoke this connection?"
      fields={[['id', id]]}
      reason
      confirm="Revoke"
      action={revokeOne}
    >
      <p className="font-medium text-ink">{label}</p>
      <p>
        Services lose access to it at once. The provider is told, and asked again until it confirms. This cannot be
        undone; the person must connect anew.
      </p>
      <DyingWith dying={dying} />
    </ConfirmDialog>
  );
}
