'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import type { FreezeScope } from '#lib/freezes/views';
import { freezeWord } from '#ui/confirmation';
import { freezeEffect, freezeObject } from '#ui/freeze-words';
import { setFreeze } from '../actions.ts';

interface FreezeButtonProps {
  scope: FreezeScope;
  /** The id of the target; empty for everything. */
  target: string;
  /** What people know it by; null for everything. */
  name: string | null;
  /** In rows of a table, where each button needs the name of its row. */
  small?: boolean;
}

/** Stops one thing, or everything, at once. */
export function FreezeButton({ scope, target, name, small = false }: FreezeButtonProps) {
  return (
    <ConfirmDialog
      trigger={
        <>
          Freeze{scope === 'everything' && ' everything'}
          {small && <span className="sr-only"> {name}</span>}
        </>
      }
      triggerClass={`btn btn-danger-plain ${small ? 'btn-small' : ''}`}
      title={`Freeze ${freezeObject({ scope, target, targetName: name })}?`}
      fields={[
        ['scope', scope],
        ['target', target],
      ]}
      typed={scope === 'everything' ? freezeWord : undefined}
      reason
      confirm="Freeze"
      action={setFreeze}
    >
      <p>
        {freezeEffect(scope)} This holds from the next request on, at every process. Nothing is deleted: what a provider
        is answering just now is stored and not handed out. Thawing needs a fresh sign-in.
      </p>
    </ConfirmDialog>
  );
}
