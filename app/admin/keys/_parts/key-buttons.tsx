'use client';

import { useActionState } from 'react';
import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { Notice } from '#app/_ui/notice';
import type { ActionState } from '#lib/web/action';
import { answered } from '#ui/answered-action';
import { count, pause, reseal, retire, rotate } from '../actions.ts';

/** Until when the last sign-in counts: milliseconds since 1970. */
interface SignedIn {
  signInUntil: number;
}

/** Makes a new key. */
export function RotateButton({ signInUntil }: SignedIn) {
  return (
    <ConfirmDialog
      trigger="Rotate"
      triggerClass="btn btn-primary"
      title="Make a new key?"
      fields={[]}
      signInUntil={signInUntil}
      confirm="Rotate"
      danger={false}
      action={rotate}
    >
      <p>
        The new key seals as soon as every running process holds it, within a minute. Stored values stay under the older
        keys until you reseal them.
      </p>
    </ConfirmDialog>
  );
}

/** Retires one key. */
export function RetireButton({ id, signInUntil }: SignedIn & { id: string }) {
  return (
    <ConfirmDialog
      trigger={
        <>
          Retire <span className="sr-only">{id}</span>
        </>
      }
      triggerClass="btn btn-small btn-plain"
      title={`Retire ${id}?`}
      fields={[['id', id]]}
      signInUntil={signInUntil}
      confirm="Retire"
      action={retire}
    >
      <p>
        The hub counts the stored values first, and refuses while one needs this key. The ledger then takes the signed
        statement that no row is under it. The hub destroys a key of its own a day later.
      </p>
    </ConfirmDialog>
  );
}

interface AskProps {
  action: (previous: ActionState | null, form: FormData) => Promise<ActionState>;
  label: string;
  primary?: boolean;
}

/** A button that asks nothing first: its act can be taken back. */
function Ask({ action, label, primary = false }: AskProps) {
  const [state, act, pending] = useActionState(answered(action), null);
  return (
    <div className="flex flex-col items-start gap-3">
      <form action={act}>
        <button type="submit" disabled={pending} className={`btn btn-small ${primary ? 'btn-primary' : 'btn-plain'}`}>
          {pending ? 'Working' : label}
        </button>
      </form>
      {state?.ok === false && (
        <Notice tone="bad" title="That did not work" reference={state.reference || undefined} arrival>
          <p>{state.message}</p>
        </Notice>
      )}
    </div>
  );
}

export const ResealButton = ({ resume }: { resume: boolean }) => (
  <Ask action={reseal} label={resume ? 'Go on' : 'Reseal'} primary />
);
export const PauseButton = () => <Ask action={pause} label="Pause" />;
export const CountButton = () => <Ask action={count} label="Count now" />;
