'use client';

import { AlertDialog } from '@base-ui/react/alert-dialog';
import { usePathname } from 'next/navigation';
import { useActionState, useEffect, useId, useState } from 'react';
import { StepUpLink } from '#app/_ui/step-up-link';
import type { ActionState } from '#lib/http/action';
import { Notice } from './notice.tsx';

export interface ConfirmDialogProps<Data> {
  trigger: React.ReactNode;
  triggerClass: string;
  disabled?: boolean;
  title: string;
  /** What will happen, to how many. */
  children: React.ReactNode;
  /** Hidden fields of the form; a name may come more than once. */
  fields: [name: string, value: string][];
  /** A word to type before the button works; the server asks for the same in the field `confirmation`. */
  typed?: string | undefined;
  /** Fields of the form that are filled in here, before the reason and the word. */
  more?: React.ReactNode;
  /** Asks why, for the ledger. */
  reason?: boolean;
  confirm: string;
  danger?: boolean;
  action: (previous: ActionState<Data> | null, form: FormData) => Promise<ActionState<Data>>;
  onDone?: (state: ActionState<Data> & { ok: true }) => void;
}

/** A dialog that names what will happen, and asks for as much certainty as it deserves. */
export function ConfirmDialog<Data>(props: ConfirmDialogProps<Data>) {
  const [open, setOpen] = useState(false);
  return (
    <AlertDialog.Root open={open} onOpenChange={setOpen}>
      <AlertDialog.Trigger className={props.triggerClass} disabled={props.disabled}>
        {props.trigger}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-40 bg-shade transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <AlertDialog.Popup className="card fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[30rem] max-w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 overflow-y-auto p-5 shadow-high transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
          <AlertDialog.Title className="text-section font-semibold">{props.title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />} className="mt-2 flex flex-col gap-2 text-soft">
            {props.children}
          </AlertDialog.Description>
          <ConfirmForm {...props} close={() => setOpen(false)} />
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

/** Mounted anew with each opening, so that an earlier failure is not shown again. */
function ConfirmForm<Data>(props: ConfirmDialogProps<Data> & { close: () => void }) {
  const { fields, more, typed, reason, confirm, danger = true, action, onDone, close } = props;
  const [state, run, pending] = useActionState(action, null);
  const [word, setWord] = useState('');
  // Held here, since React empties a form's own fields after each try.
  const [why, setWhy] = useState('');
  const id = useId();
  const path = usePathname();
  useEffect(() => {
    if (!state?.ok) return;
    close();
    onDone?.(state);
  }, [state, close, onDone]);
  return (
    <form action={run} className="mt-4 flex flex-col gap-4">
      {fields.map(([name, value]) => (
        <input key={`${name} ${value}`} type="hidden" name={name} value={value} />
      ))}
      {more}
      {reason && (
        <div className="flex flex-col gap-1">
          <label htmlFor={`${id}-reason`} className="label">
            Reason
          </label>
          <input
            id={`${id}-reason`}
            name="reason"
            required
            maxLength={300}
            autoComplete="off"
            value={why}
            onChange={(event) => setWhy(event.target.value)}
            aria-describedby={`${id}-reason-hint`}
            className="field"
          />
          <p id={`${id}-reason-hint`} className="hint">
            Goes into the ledger, which is never erased: write no names or secrets.
          </p>
        </div>
      )}
      {typed && (
        <div className="flex flex-col gap-1">
          <label htmlFor={`${id}-word`} className="label">
            Type <code className="font-mono">{typed}</code> to confirm
          </label>
          <input
            id={`${id}-word`}
            name="confirmation"
            required
            autoComplete="off"
            spellCheck={false}
            value={word}
            onChange={(event) => setWord(event.target.value)}
            className="field font-mono"
          />
        </div>
      )}
      {state?.ok === false && (
        <Notice tone="bad" title="That did not work" reference={state.reference} arrival>
          <p>{state.message}</p>
          {state.code === 'step_up_required' && <StepUpLink returnTo={path} />}
          {state.issues?.map((issue) => (
            <p key={`${issue.path} ${issue.message}`}>
              {issue.path}: {issue.message}
            </p>
          ))}
        </Notice>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <AlertDialog.Close className="btn btn-plain">Cancel</AlertDialog.Close>
        <button
          type="submit"
          disabled={pending || (typed !== undefined && word.trim() !== typed)}
          className={`btn ${danger ? 'btn-danger' : 'btn-primary'}`}
        >
          {pending ? 'Working' : confirm}
        </button>
      </div>
    </form>
  );
}
