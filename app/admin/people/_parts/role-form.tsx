'use client';

import { useActionState } from 'react';
import { GoOn } from '#app/_ui/go-on';
import { Notice } from '#app/_ui/notice';
import { Refusal } from '#app/_ui/refusal';
import type { Role } from '#lib/context';
import { roles, roleWords } from '#ui/role-words';
import { changeRole } from '../actions.ts';

/** Changes a person's role, effective at their next request. */
export function RoleForm({ id, role }: { id: string; role: Role }) {
  const [state, run, pending] = useActionState(changeRole, null);
  return (
    <form action={run} className="flex flex-col gap-3">
      <GoOn form={`role ${id}`} />
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
        <Refusal title="The role was not changed" refused={state} returnTo={`/admin/people/${id}`} />
      )}
      {state?.ok && <Notice tone="good" title={`The role is ${roleWords[role].word} now`} arrival />}
      <button type="submit" disabled={pending} className="btn btn-small btn-plain self-start">
        Change role
      </button>
    </form>
  );
}
