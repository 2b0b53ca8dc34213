'use client';

import { useActionState } from 'react';
import { Notice } from '#app/_ui/notice';
import { prepare } from '../../revocations/actions.ts';

interface PrepareRevocationProps {
  criteria: Record<string, string | number>;
  subject: string;
}

/** Leads to the preview of a bulk revocation with the criteria of a finding. It revokes nothing. */
export function PrepareRevocation({ criteria, subject }: PrepareRevocationProps) {
  const [state, run, pending] = useActionState(prepare, null);
  return (
    <form action={run} className="flex flex-wrap items-center gap-3">
      {Object.entries(criteria).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={String(value)} />
      ))}
      <button type="submit" disabled={pending} className="btn btn-small btn-plain">
        {pending ? 'Looking' : 'Preview a bulk revocation'}
        <span className="sr-only"> of {subject}</span>
      </button>
      {state?.ok === false && (
        <Notice tone="bad" title="Nothing was prepared" reference={state.reference} arrival>
          <p>{state.issues?.[0]?.message ?? state.message}</p>
        </Notice>
      )}
    </form>
  );
}
