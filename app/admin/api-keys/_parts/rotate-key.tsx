'use client';

import { useActionState, useState } from 'react';
import { GoOn } from '#app/_ui/go-on';
import { Link } from '#app/_ui/link';
import { Refusal } from '#app/_ui/refusal';
import { ShownOnce } from '../../_parts/shown-once.tsx';
import { rotateKey } from '../actions.ts';

interface RotateKeyProps {
  id: string;
  name: string;
  /** Stands where the form would, when the key cannot be rotated just now. A key that is shown stays. */
  instead: React.ReactNode;
  /** Above the form: that a sign-in is needed. */
  notice: React.ReactNode;
}

/** Makes a key in the place of this one, while both are accepted for a time. */
export function RotateKey({ id, name, instead, notice }: RotateKeyProps) {
  const [state, run, pending] = useActionState(rotateKey, null);
  const [overlap, setOverlap] = useState('24');
  const [stored, setStored] = useState(false);
  if (state?.ok && state.data) {
    const { id: next, secret } = state.data;
    const link = (
      <p>
        <Link href={`/admin/api-keys/${next}`} className="link">
          The page of the new key
        </Link>
      </p>
    );
    if (stored) return link;
    return (
      <ShownOnce
        title={`The new key of ${name} is ready`}
        secret={secret}
        what="key"
        where="where the service reads its secrets, and let the service use it before the old key ends"
        stored={() => setStored(true)}
      >
        {link}
      </ShownOnce>
    );
  }
  if (instead) return instead;
  return (
    <form action={run} className="flex flex-col gap-4">
      <GoOn form={`rotate ${id}`} />
      {state?.ok === false ? null : notice}
      {state?.ok === false && (
        <Refusal title="The key was not rotated" refused={state} returnTo={`/admin/api-keys/${id}`} />
      )}
      <input type="hidden" name="id" value={id} />
      <p className="max-w-[60ch] text-soft">
        Makes a new key with the same application, scopes and limits. The old one ends after the overlap, so that the
        service can change without a failed call.
      </p>
      <div className="flex flex-wrap items-end gap-3">
        <div className="flex flex-col gap-1">
          <label htmlFor="rotate-overlap" className="label">
            Both are accepted
          </label>
          <select
            id="rotate-overlap"
            name="overlapHours"
            value={overlap}
            onChange={(event) => setOverlap(event.target.value)}
            className="field"
          >
            <option value="0">Not at all: the old one ends now</option>
            <option value="1">For an hour</option>
            <option value="24">For a day</option>
            <option value="168">For a week</option>
            <option value="720">For 30 days</option>
          </select>
        </div>
        <button type="submit" disabled={pending} className="btn btn-primary">
          {pending ? 'Rotating' : 'Rotate key'}
        </button>
      </div>
    </form>
  );
}
