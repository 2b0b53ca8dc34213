'use client';

import { useRouter } from 'next/navigation';
import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { deletionWord, disablingWord } from '#ui/confirmation';
import { disable, enable, remove } from '../actions.ts';

interface PersonActionsProps {
  id: string;
  name: string;
  status: 'active' | 'disabled';
  /** The deletion has begun and goes on by itself. */
  deleting: boolean;
  connections: number;
  /** An administrator is disabled only by who signed in lately. */
  administrator: boolean;
  signInUntil: number;
}

/** Disabling, enabling and deleting a person. */
export function PersonActions(props: PersonActionsProps) {
  const { id, name, status, deleting, connections, administrator, signInUntil } = props;
  const router = useRouter();
  if (deleting) return null;
  const fields: [string, string][] = [['id', id]];
  return (
    <div className="flex flex-wrap gap-2">
      {status === 'active' ? (
        <ConfirmDialog
          trigger="Disable"
          triggerClass="btn btn-danger-plain"
          title={`Disable ${name}?`}
          fields={connections > 0 ? fields : [...fields, ['confirmation', disablingWord]]}
          typed={connections > 0 ? disablingWord : undefined}
          reason
          signInUntil={administrator ? signInUntil : undefined}
          confirm="Disable"
          action={disable}
        >
          <p>They are signed out everywhere at their next request and cannot sign in.</p>
          <p>{revoking(connections)} Enabling them later brings no connection back.</p>
        </ConfirmDialog>
      ) : (
        <ConfirmDialog
          trigger="Enable"
          triggerClass="btn btn-plain"
          title={`Enable ${name}?`}
          fields={fields}
          reason
          signInUntil={signInUntil}
          confirm="Enable"
          danger={false}
          action={enable}
        >
          <p>They may sign in again.</p>
        </ConfirmDialog>
      )}
      <ConfirmDialog
        trigger="Delete person"
        triggerClass="btn btn-danger-plain"
        title={`Delete ${name}?`}
        fields={fields}
        typed={deletionWord}
        reason
        signInUntil={signInUntil}
        confirm="Delete person"
        action={remove}
        onDone={({ data }) =>
          router.push(`/admin/people?flow=${data?.over ? 'person_deleted' : 'person_deletion_begun'}`)
        }
      >
        <p>
          {revoking(connections)} Profile, account names, sessions and tokens are erased. The ledger keeps its entries,
          which hold opaque ids only. This cannot be undone.
        </p>
      </ConfirmDialog>
    </div>
  );
}

function revoking(connections: number): string {
  if (connections === 0) return 'They have no live connections.';
  return connections === 1
    ? 'Their connection is revoked, here and at the provider.'
    : `All ${connections} of their connections are revoked, here and at the providers.`;
}
