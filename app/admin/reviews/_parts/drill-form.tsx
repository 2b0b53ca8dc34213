'use client';

import { useActionState, useId } from 'react';
import { Notice } from '#app/_ui/notice';
import { answered } from '#ui/answered-action';
import { drill } from '../actions.ts';

interface DrillFormProps {
  provider: string;
  /** Connections of the reader at the provider. */
  tests: readonly { id: string; label: string }[];
  /** The hub makes a grant there by itself. */
  unattended: boolean;
}

/** Drills with a grant that the hub makes, or with a connection of the reader's own. Without either it says how to come by one. */
export function DrillForm({ provider, tests, unattended }: DrillFormProps) {
  const [state, run, pending] = useActionState(answered(drill), null);
  if (tests.length === 0 && !unattended)
    return <p className="text-soft">You have no connection there. Connect a test account to run the drill.</p>;
  return (
    <div className="flex w-full flex-col gap-3">
      {unattended && (
        <form action={run} className="flex flex-wrap items-center gap-3">
          <input type="hidden" name="provider" value={provider} />
          <button type="submit" disabled={pending} className="btn btn-small btn-plain">
            {pending ? 'Drilling' : 'Make a test grant and drill'}
            <span className="sr-only"> at {provider}</span>
          </button>
          <span className="text-meta text-soft">The hub connects a test account, and ends that connection only.</span>
        </form>
      )}
      {tests.length > 0 && <OwnConnection provider={provider} tests={tests} run={run} pending={pending} />}
      {state?.ok === false && (
        <Notice tone="bad" title="The drill did not run" reference={state.reference || undefined} arrival>
          <p>{state.issues?.[0]?.message ?? state.message}</p>
        </Notice>
      )}
    </div>
  );
}

interface OwnConnectionProps extends Pick<DrillFormProps, 'provider' | 'tests'> {
  run: (form: FormData) => void;
  pending: boolean;
}

function OwnConnection({ provider, tests, run, pending }: OwnConnectionProps) {
  const field = useId();
  return (
    <form action={run} className="flex w-full flex-wrap items-end gap-3">
      <input type="hidden" name="provider" value={provider} />
      <div className="flex min-w-0 flex-col gap-1">
        <label htmlFor={field} className="label">
          Test account: its connection ends for good
        </label>
        <select id={field} name="connection" className="field max-w-full" required defaultValue="">
          <option value="" disabled>
            Choose a connection of yours
          </option>
          {tests.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <button type="submit" disabled={pending} className="btn btn-small btn-danger">
        {pending ? 'Revoking' : 'Run the drill'}
        <span className="sr-only"> at {provider}</span>
      </button>
    </form>
  );
}
