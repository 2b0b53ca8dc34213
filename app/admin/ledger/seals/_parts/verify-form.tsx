'use client';

import { useActionState } from 'react';
import { Notice } from '#app/_ui/notice';
import { verifyNow } from '../actions.ts';

/** Asks for a check of the whole ledger. */
export function VerifyForm({ running }: { running: boolean }) {
  const [state, run, pending] = useActionState(verifyNow, null);
  return (
    <form action={run} className="flex flex-col gap-3">
      <label className="flex flex-col gap-1">
        <span className="font-medium">A checkpoint that you kept (optional)</span>
        <textarea
          name="checkpoint"
          rows={5}
          maxLength={2000}
          spellCheck={false}
          className="field font-mono"
          aria-describedby="checkpoint-about"
        />
        <span id="checkpoint-about" className="text-meta text-soft">
          The whole text of the file. It shows whether an entry up to then was rewritten, even by an owner of the
          database.
        </span>
      </label>
      <button type="submit" disabled={pending || running} className="btn btn-primary self-start">
        {running ? 'Checking' : 'Verify now'}
      </button>
      {state && !state.ok && (
        <Notice tone="bad" title="That did not work" reference={state.reference} arrival>
          <p>{state.message}</p>
        </Notice>
      )}
      {state?.ok && (
        <p role="status" className="text-soft">
          {state.message}
        </p>
      )}
    </form>
  );
}
