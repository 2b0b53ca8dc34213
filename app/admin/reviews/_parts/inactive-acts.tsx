'use client';

import { useActionState } from 'react';
import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { Notice } from '#app/_ui/notice';
import { answered } from '#ui/answered-action';
import { endInactive, tellInactive } from '../actions.ts';

interface Inactive {
  person: string;
  name: string;
}

/** Sends the mail that begins the time to answer. */
export function TellInactive({ person, name }: Inactive) {
  const [state, run, pending] = useActionState(answered(tellInactive), null);
  return (
    <form action={run} className="flex flex-col items-start gap-2">
      <input type="hidden" name="person" value={person} />
      <button type="submit" disabled={pending} className="btn btn-small btn-plain">
        {pending ? 'Sending' : 'Notify by mail'}
        <span className="sr-only">: {name}</span>
      </button>
      {state?.ok === false && (
        <Notice tone="bad" title="No mail was sent" reference={state.reference || undefined} arrival>
          <p>{state.issues?.[0]?.message ?? state.message}</p>
        </Notice>
      )}
    </form>
  );
}

/** Revokes what the person left. */
export function EndInactive({
  person,
  name,
  connections,
  signInUntil,
}: Inactive & { connections: number; signInUntil: number }) {
  return (
    <ConfirmDialog
      trigger={
        <>
          Revoke<span className="sr-only"> the connections of {name}</span>
        </>
      }
      triggerClass="btn btn-small btn-danger-plain"
      title={`Revoke the connections of ${name}?`}
      fields={[['person', person]]}
      signInUntil={signInUntil}
      confirm="Revoke"
      danger
      action={endInactive}
    >
      <p>
        {connections === 1 ? '1 connection ends' : `${connections} connections end`}, here at once and at the providers.
        The hub tries the old tokens afterwards. The person must connect anew.
      </p>
    </ConfirmDialog>
  );
}
