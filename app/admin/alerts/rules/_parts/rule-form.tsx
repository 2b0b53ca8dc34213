'use client';

import { useActionState, useState } from 'react';
import { GoOn } from '#app/_ui/go-on';
import { Notice } from '#app/_ui/notice';
import { Refusal } from '#app/_ui/refusal';
import type { RuleView } from '#lib/alerts/list-rules';
import type { ActionState } from '#lib/web/action';
import { reset, set } from '../actions.ts';
import { numberWords } from './number-words.ts';

type Rule = Pick<RuleView, 'id' | 'numbers' | 'counts'> & { changed: boolean };

interface Outcome {
  done: 'The rule is changed' | 'The rule has its own numbers again';
  state: ActionState;
}

/** Sets the numbers of a rule, or gives it its own again. */
export function RuleForm({ rule: { id, numbers, counts, changed } }: { rule: Rule }) {
  const now = Object.fromEntries(numbers.map(({ name, value }) => [name, String(value)]));
  // Held here, since React empties a form's own fields after each try.
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [outcome, run, pending] = useActionState(async (_: Outcome | null, form: FormData): Promise<Outcome> => {
    const own = form.get('choice') === 'reset';
    form.delete('choice');
    const state = await (own ? reset : set)(null, form);
    if (state.ok) setTyped({});
    return { done: own ? 'The rule has its own numbers again' : 'The rule is changed', state };
  }, null);
  const refused = outcome?.state.ok === false ? outcome.state : null;
  return (
    <form action={run} noValidate className="flex flex-col gap-4">
      <GoOn form={`rule ${id}`} />
      <input type="hidden" name="rule" value={id} />
      {numbers.map(({ name, own, least, most }) => {
        const { label, unit, hint } = numberWords(name, counts);
        const fault = refused?.issues?.find(({ path }) => path === name)?.message;
        return (
          <div key={name} className="flex flex-col gap-1">
            <label htmlFor={name} className="label">
              {label}
            </label>
            <span className="flex items-center gap-2">
              <input
                id={name}
                name={name}
                type="number"
                inputMode="numeric"
                required
                min={least}
                max={most}
                step={1}
                value={typed[name] ?? now[name]}
                onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
                aria-invalid={fault ? true : undefined}
                aria-describedby={`${name}-unit ${name}-hint`}
                className="field tabular max-w-36"
              />
              <span id={`${name}-unit`}>{unit}</span>
            </span>
            <p id={`${name}-hint`} className={fault ? 'text-meta text-bad' : 'hint'}>
              {fault ? `${fault}.` : `${hint} ${own === Number(now[name]) ? '' : `By itself it is ${own}.`}`}
            </p>
          </div>
        );
      })}
      {refused && (
        <Refusal
          title="Nothing was changed"
          refused={refused}
          text={refused.issues ? 'Some numbers need another look.' : undefined}
          returnTo={`/admin/alerts/rules/${id}`}
        />
      )}
      {outcome?.state.ok && <Notice tone="good" title={outcome.done} arrival />}
      <div className="flex flex-wrap gap-2">
        <button type="submit" name="choice" value="set" disabled={pending} className="btn btn-small btn-primary">
          Save
        </button>
        {changed && (
          <button type="submit" name="choice" value="reset" disabled={pending} className="btn btn-small btn-plain">
            Reset to its own numbers
          </button>
        )}
      </div>
      <p className="hint">Holds from the next look on, within a minute. What was changed goes into the ledger.</p>
    </form>
  );
}
