'use client';

import { useActionState } from 'react';
import { Notice } from '#app/_ui/notice';
import { StepUpOffer } from '#app/_ui/step-up-link';
import type { Role } from '#lib/context';
import { roles, roleWords } from '#ui/role-words';
import { changeRole } from '../actions.ts';

/** Changes a person's role, effective at their next request. */
export function RoleForm({ id, role }: { id: string; role: Role }) {
  const [state, run, pending] = useActionState(changeRole, null);
  return (
    <form action={run} className="flex flex-col gap-3">
      <input type="hidden" name="id" value={id} />
      <fieldset key={role} className="flex flex-col gap-2">
        <legend className="sr-only">Role</legend>
        {roles.map((one) => (
          <label key={one} className="flex gap-3">
            <input type="radio" name="role" value={one} defaultChecked={one === role} className="mt-1" />
            <span>
              {roleWords[one].word}
              <span className="block text-meta text-soft">{roleWords[one].meaning}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {state?.ok === false && (
        <Notice tone="bad" title="The role was not changed" reference={state.reference} arrival>
          <p>{state.message}</p>
          <StepUpOffer code={state.code} returnTo={`/admin/people/${id}`} />
        </Notice>
      )}
      {state?.ok && <Notice tone="good" title={`The role is ${roleWords[role].word} now`} arrival />}
      <button type="submit" disabled={pending} className="btn btn-small btn-plain self-start">
        Change role
      </button>
    </form>
  );
}
