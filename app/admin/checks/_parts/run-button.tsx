'use client';

import { useActionState } from 'react';
import { Notice } from '#app/_ui/notice';
import { answered } from '#ui/answered-action';
import { run } from '../actions.ts';

/** Begins the checks of the hub and of every provider. */
export function RunButton({ running }: { running: boolean }) {
  const [state, act, pending] = useActionState(answered(run), null);
  return (
    <div className="flex flex-col items-start gap-3">
      <form action={act}>
        <button type="submit" disabled={pending || running} className="btn btn-primary">
          {pending || running ? 'Checking' : 'Check now'}
        </button>
      </form>
      {state?.ok === false && (
        <Notice tone="bad" title="The checks did not begin" reference={state.reference || undefined} arrival>
          <p>{state.message}</p>
        </Notice>
      )}
    </div>
  );
}
