'use client';

import { BlastRadius } from '#app/_ui/blast-radius';
import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import type { BlastRadiusView } from '#lib/revocation/blast-radius';
import { revokeOne } from '../actions.ts';

/** Revokes the connection of this page. */
export function RevokeOne({ id, label, blastRadius }: { id: string; label: string; blastRadius: BlastRadiusView }) {
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
      <BlastRadius found={blastRadius} />
    </ConfirmDialog>
  );
}
