'use client';

import { useActionState, useState } from 'react';
import { Notice } from '#app/_ui/notice';
import { answered } from '#ui/answered-action';
import { assign, compute, signOff } from '../actions.ts';

/** Computes the findings of a review now. */
export function ComputeButton({ id }: { id: string }) {
  const [state, run, pending] = useActionState(answered(compute), null);
  return (
    <form action={run} className="flex flex-col items-start gap-2">
      <input type="hidden" name="id" value={id} />
      <button type="submit" disabled={pending} className="btn btn-small btn-plain">
        {pending ? 'Computing' : 'Compute now'}
      </button>
      {state?.ok === false && (
        <Notice tone="bad" title="The findings were not computed" reference={state.reference || undefined} arrival>
          <p>{state.message}</p>
        </Notice>
      )}
    </form>
  );
}

interface SignOffFormProps {
  id: string;
  /** When the findings were computed, ISO 8601; null: not yet. */
  findingsAt: string | null;
  fresh: boolean;
}

/** Says what was done about the findings, and closes the review. */
export function SignOffForm({ id, findingsAt, fresh }: SignOffFormProps) {
  const [state, run, pending] = useActionState(answered(signOff), null);
  // Held here, since React empties a form's own fields after each try.
  const [note, setNote] = useState('');
  const refused = state?.ok === false ? state : null;
  return (
    <form action={run} className="flex flex-col gap-3">
      <input type="hidden" name="id" value={id} />
      <input type="hidden" name="findingsAt" value={findingsAt ?? ''} />
      <div className="flex flex-col gap-1">
        <label htmlFor="note" className="label">
          Note
        </label>
        <textarea
          id="note"
          name="note"
          rows={4}
          required
          maxLength={2000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
          aria-describedby="note-hint"
          className="field h-auto py-2"
        />
        <p id="note-hint" className="hint">
          What you looked at and did. It goes into the evidence, and its digest into the ledger: write no secrets.
        </p>
      </div>
      {!fresh && (
        <p className="text-soft">
          {findingsAt ? 'The findings are older than a day.' : 'There are no findings yet.'} Compute them to sign off.
        </p>
      )}
      {refused && (
        <Notice tone="bad" title="The review is not signed off" reference={refused.reference || undefined} arrival>
          <p>{refused.issues?.[0]?.message ?? refused.message}</p>
        </Notice>
      )}
      <button type="submit" disabled={pending || !fresh} className="btn btn-primary self-start">
        {pending ? 'Signing off' : 'Sign off'}
      </button>
    </form>
  );
}

interface OwnerFormProps {
  id: string;
  owner: string;
  owners: { id: string; name: string | null }[];
}

/** Gives the review to an administrator. */
export function OwnerForm({ id, owner, owners }: OwnerFormProps) {
  const [state, run, pending] = useActionState(answered(assign), null);
  return (
    <form action={run} className="flex flex-wrap items-end gap-2">
      <input type="hidden" name="id" value={id} />
      <div className="flex flex-col gap-1">
        <label htmlFor="owner" className="label">
          Owner of this review and the next ones
        </label>
        <select id="owner" name="owner" defaultValue={owner} key={owner} className="field">
          <option value="">Not assigned</option>
          {owners.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name ?? one.id}
            </option>
          ))}
        </select>
      </div>
      <button type="submit" disabled={pending} className="btn btn-plain">
        Assign
      </button>
      {state?.ok === false && (
        <Notice tone="bad" title="The owner is the same as before" reference={state.reference || undefined} arrival>
          <p>{state.issues?.[0]?.message ?? state.message}</p>
        </Notice>
      )}
    </form>
  );
}
