'use client';

import { useActionState } from 'react';
import { Notice } from '#app/_ui/notice';
import { prepareRevocation } from '../actions.ts';

/** Leads to the preview of a bulk revocation of what the incident touches. It revokes nothing. */
export function PrepareIncident({ id }: { id: string }) {
  const [state, run, pending] = useActionState(prepareRevocation, null);
  return (
    <form action={run} className="flex flex-wrap items-center gap-3">
      <input type="hidden" name="id" value={id} />
      <button type="submit" disabled={pending} className="btn btn-small btn-plain">
        {pending ? 'Looking' : 'Preview the revocation'}
      </button>
      {state?.ok === false && (
        <Notice tone="bad" title="Nothing was prepared" reference={state.reference} arrival>
          <p>{state.issues?.[0]?.message ?? state.message}</p>
        </Notice>
      )}
    </form>
  );
}
