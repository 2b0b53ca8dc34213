'use client';

import { useActionState } from 'react';
import { Notice } from '#app/_ui/notice';
import { answered } from '#ui/answered-action';
import { OutcomeMark } from '../../checks/_parts/outcome-mark.tsx';
import { play } from '../actions.ts';
import { Endings } from './endings.tsx';
import { Steps } from './trace-steps.tsx';

/** Plays the failure scenarios that need no person, and shows each request and answer. */
export function PlayScenarios({ provider }: { provider: { id: string; name: string } }) {
  const [state, act, pending] = useActionState(answered(play), null);
  return (
    <div className="flex flex-col gap-4">
      <form action={act}>
        <input type="hidden" name="provider" value={provider.id} />
        <button type="submit" disabled={pending} className="btn btn-plain">
          {pending ? 'Playing' : 'Play the scenarios'}
          <span className="sr-only"> at {provider.name}</span>
        </button>
      </form>
      {state?.ok === false && (
        <Notice tone="bad" title="The scenarios were not played" reference={state.reference || undefined} arrival>
          <p>{state.message}</p>
        </Notice>
      )}
      {state?.ok && (
        <ul className="flex flex-col">
          {(state.data ?? []).map(({ id, name, result, server, hub, steps }) => (
            <li key={id} className="flex flex-col gap-2 border-t border-line py-3 first:border-t-0">
              <h3 className="flex flex-wrap items-center gap-2 font-medium">
                {name} <OutcomeMark result={result} />
              </h3>
              <Endings server={server} hub={hub} />
              {steps.length > 0 && <Steps steps={steps} />}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
