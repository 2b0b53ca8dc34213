'use client';

import { useActionState } from 'react';
import { Notice } from '#app/_ui/notice';
import { retry, retryAll } from '../actions.ts';
import { Outcome } from './outcome.tsx';

/** Sends one message once more, at once, unless it was taken: then only how the last try went is left to see. */
export function RetryOne({ id, taken }: { id: number; taken: boolean }) {
  const [state, run, pending] = useActionState(retry, null);
  return (
    <div className="mt-4 flex flex-col gap-3 empty:hidden">
      {!taken && (
        <form action={run}>
          <input type="hidden" name="id" value={id} />
          <button type="submit" disabled={pending} className="btn btn-small btn-plain">
            {pending ? 'Sending' : 'Send again now'}
          </button>
        </form>
      )}
      {state?.ok && state.data && <Outcome what="The message" {...state.data} />}
      {state?.ok === false && (
        <Notice tone="bad" title="Nothing was sent" reference={state.reference} arrival>
          <p>{state.message}</p>
        </Notice>
      )}
    </div>
  );
}

/** Puts all messages that were given up on their way again. */
export function RetryAll({ webhook, failed }: { webhook: string; failed: number }) {
  const [state, run, pending] = useActionState(retryAll, null);
  return (
    <>
      {failed > 0 && (
        <form action={run}>
          <input type="hidden" name="id" value={webhook} />
          <button type="submit" disabled={pending} className="btn btn-small btn-plain">
            {pending ? 'Working' : failed === 1 ? 'Try the one given up again' : `Try all ${failed} given up again`}
          </button>
        </form>
      )}
      {state?.ok && state.data && (
        <Notice
          tone="good"
          title={`${state.data.count === 1 ? 'One is' : `${state.data.count} are`} on the way again`}
          arrival
        >
          <p className="text-meta">Each is tried once more, within a minute.</p>
        </Notice>
      )}
      {state?.ok === false && (
        <Notice tone="bad" title="Nothing was queued" reference={state.reference} arrival>
          <p>{state.message}</p>
        </Notice>
      )}
    </>
  );
}
