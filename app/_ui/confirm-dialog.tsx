'use client';

import { AlertDialog } from '@base-ui/react/alert-dialog';
import { usePathname } from 'next/navigation';
import { useActionState, useEffect, useId, useState } from 'react';
import { StepUpLink, StepUpOffer } from '#app/_ui/step-up-link';
import type { ActionState } from '#lib/web/action';
import { answered } from './answered-action.ts';
import { useFocusWhenGone } from './focus-when-gone.ts';
import { GoOn } from './go-on.tsx';
import { isKept } from './kept-form.ts';
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
  /**
   * Fields of the form that are filled in here, before the reason and the word. Asked for the fault of a field, by
   * its name, they show it themselves.
   */
  more?: (fault: (field: string) => string | undefined) => React.ReactNode;
  /** Asks why, for the ledger. */
  reason?: boolean;
  /** Needs a sign-in of the last minutes, which counts until then: milliseconds since 1970. */
  signInUntil?: number | undefined;
  confirm: string;
  danger?: boolean;
  action: (previous: ActionState<Data> | null, form: FormData) => Promise<ActionState<Data>>;
  onDone?: (state: ActionState<Data> & { ok: true }) => void;
}

/** A dialog that names what will happen, and asks for as much certainty as it deserves. */
export function ConfirmDialog<Data>(props: ConfirmDialogProps<Data>) {
  const [open, setOpen] = useState(false);
  const path = usePathname();
  // Dialogs about one thing have the same fields: what was begun in one must never go on in another.
  const dialog = [props.title, props.confirm, ...props.fields.flat()].join(' ');
  // A reader who had to sign in once more finds the dialog as it was.
  useEffect(() => {
    if (isKept(path, dialog)) setOpen(true);
  }, [path, dialog]);
  useFocusWhenGone(open);
  return (
    <AlertDialog.Root open={open} onOpenChange={setOpen}>
      <AlertDialog.Trigger className={props.triggerClass} disabled={props.disabled}>
        {props.trigger}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-40 bg-shade transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <AlertDialog.Popup className="card fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[30rem] max-w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 overflow-y-auto p-5 shadow-high transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
          <AlertDialog.Title className="text-section font-semibold wrap-anywhere">{props.title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />} className="mt-2 flex flex-col gap-2 text-soft wrap-anywhere">
            {props.children}
          </AlertDialog.Description>
          <ConfirmForm {...props} path={path} dialog={dialog} close={() => setOpen(false)} />
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

interface ConfirmFormProps<Data> extends ConfirmDialogProps<Data> {
  path: string;
  /** Which of the page's dialogs it is. */
  dialog: string;
  close: () => void;
}

/** Mounted anew with each opening, so that an earlier failure is not shown again. */
function ConfirmForm<Data>(props: ConfirmFormProps<Data>) {
  const { fields, more, typed, reason, signInUntil, confirm, danger = true, action, onDone, close } = props;
  const { path, dialog } = props;
  const [state, run, pending] = useActionState(answered(action), null);
  const [word, setWord] = useState('');
  // Held here, since React empties a form's own fields after each try.
  const [why, setWhy] = useState('');
  // Noticed as it opens, before the reader types a confirmation in vain.
  const [late] = useState(() => signInUntil !== undefined && signInUntil < Date.now());
  const id = useId();
  useEffect(() => {
    if (!state?.ok) return;
    close();
    onDone?.(state);
  }, [state, close, onDone]);
  const refused = state?.ok === false ? state : null;
  const shownByFields = new Set<string>();
  const extra = more?.((field) => {
    const issue = refused?.issues?.find(({ path }) => path === field || path.startsWith(`${field}.`));
    if (issue) shownByFields.add(field);
    return issue?.message;
  });
  const others = refused?.issues?.filter(({ path }) => !shownByFields.has(path.split('.')[0] ?? ''));
  return (
    <form action={run} className="mt-4 flex flex-col gap-4">
      {late && !refused && (
        <Notice tone="info" title="This needs a fresh sign-in">
          <p>
            <StepUpLink returnTo={path} />
          </p>
        </Notice>
      )}
      <GoOn form={dialog} />
      {fields.map(([name, value]) => (
        <input key={`${name} ${value}`} type="hidden" name={name} value={value} />
      ))}
      {extra}
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
      {refused && (
        <Notice tone="bad" title="That did not work" reference={refused.reference || undefined} arrival>
          <p>{refused.message}</p>
          <StepUpOffer code={refused.code} returnTo={path} />
          {others?.map((issue) => (
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
