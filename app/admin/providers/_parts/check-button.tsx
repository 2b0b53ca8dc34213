'use client';

import { useActionState } from 'react';
import { Notice } from '#app/_ui/notice';
import { answered } from '#ui/answered-action';
import { check } from '../actions.ts';

interface CheckButtonProps {
  provider: { id: string; name: string };
  running: boolean;
  /** Fields for the parts of the provider's addresses. */
  children?: React.ReactNode;
}

/** Begins to check a provider. */
export function CheckButton({ provider, running, children }: CheckButtonProps) {
  const [state, run, pending] = useActionState(answered(check), null);
  return (
    <div className="flex flex-col gap-3">
      <form action={run} className="flex flex-col items-start gap-3">
        <input type="hidden" name="provider" value={provider.id} />
        {children}
        <button type="submit" disabled={pending || running} className="btn btn-primary">
          {pending || running ? 'Checking' : 'Check now'}
          <span className="sr-only"> {provider.name}</span>
        </button>
      </form>
      {state?.ok === false && (
        <Notice tone="bad" title="The check did not begin" reference={state.reference || undefined} arrival>
          <p>{state.message}</p>
        </Notice>
      )}
    </div>
  );
}
