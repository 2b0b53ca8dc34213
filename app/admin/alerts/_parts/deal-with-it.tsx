'use client';

import { useActionState, useState } from 'react';
import { Notice } from '#app/_ui/notice';
import type { AlertView } from '#lib/alerts/views';
import type { ActionState } from '#lib/web/action';
import { acknowledge, addNote, resolve } from '../actions.ts';

const words = {
  acknowledge: { done: 'Acknowledged', act: acknowledge },
  resolve: { done: 'Resolved', act: resolve },
  note: { done: 'The note is kept', act: addNote },
} as const;
type Choice = keyof typeof words;

interface Outcome {
  choice: Choice;
  state: ActionState;
}

/** A note and what to do with the alert: each button takes the note along. */
export function DealWithIt({ id, state }: { id: string; state: AlertView['state'] }) {
  // Held here, since React empties a form's own fields after each try.
  const [note, setNote] = useState('');
  const [outcome, run, pending] = useActionState(async (_: Outcome | null, form: FormData): Promise<Outcome> => {
    const choice = (['acknowledge', 'resolve', 'note'] as const).find((one) => one === form.get('choice')) ?? 'note';
    form.delete('choice');
    const done = await words[choice].act(null, form);
    if (done.ok) setNote('');
    return { choice, state: done };
  }, null);
  const refused = outcome?.state.ok === false ? outcome.state : null;
  return (
    <form action={run} className="flex flex-col gap-3">
      <input type="hidden" name="id" value={id} />
      <div className="flex flex-col gap-1">
        <label htmlFor="note" className="label">
          Note
        </label>
        <textarea
          id="note"
          name="note"
          rows={3}
          maxLength={1000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
          aria-describedby="note-hint"
          className="field h-auto py-2"
        />
        <p id="note-hint" className="hint">
          What was found out or done, for the next reader. It stays with the alert and does not go into the ledger.
        </p>
      </div>
      {refused && (
        <Notice tone="bad" title="Nothing was changed" reference={refused.reference} arrival>
          <p>{refused.issues?.[0]?.message ?? refused.message}</p>
        </Notice>
      )}
      {outcome?.state.ok && <Notice tone="good" title={words[outcome.choice].done} arrival />}
      <div className="flex flex-wrap gap-2">
        {state === 'open' && (
          <button
            type="submit"
            name="choice"
            value="acknowledge"
            disabled={pending}
            className="btn btn-small btn-primary"
          >
            Acknowledge
          </button>
        )}
        {state !== 'resolved' && (
          <button type="submit" name="choice" value="resolve" disabled={pending} className="btn btn-small btn-plain">
            Resolve
          </button>
        )}
        <button type="submit" name="choice" value="note" disabled={pending} className="btn btn-small btn-plain">
          Add note
        </button>
      </div>
    </form>
  );
}
