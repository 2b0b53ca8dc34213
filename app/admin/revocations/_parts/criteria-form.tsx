'use client';

import { useActionState, useState } from 'react';
import { Notice } from '#app/_ui/notice';
import { prepare } from '../actions.ts';

interface CriteriaFormProps {
  providers: { id: string; name: string }[];
  keys: { id: string; name: string }[];
  /** What the address asks for: a link from a person, a key or a provider fills its field. */
  given: Partial<Record<'provider' | 'person' | 'readByKey', string>>;
  /** The person with the id of the address. */
  personName: string | null;
}

const labels = {
  provider: 'Provider',
  person: 'Person',
  scope: 'Scope',
  olderThanDays: 'Connected longer ago than (days)',
  unusedForDays: 'Not read for (days)',
  readByKey: 'Read by the API key',
  readWithinDays: 'Read by it within the last (days)',
};
type Name = keyof typeof labels;

const empty: Record<Name, string> = {
  provider: '',
  person: '',
  scope: '',
  olderThanDays: '',
  unusedForDays: '',
  readByKey: '',
  readWithinDays: '',
};

const isName = (text: string): text is Name => Object.hasOwn(labels, text);

/** Says which connections: all given criteria must hold together. The form revokes nothing. */
export function CriteriaForm({ providers, keys, given, personName }: CriteriaFormProps) {
  const [state, run, pending] = useActionState(prepare, null);
  // Held here, since React empties a form's own fields after each try.
  const [values, setValues] = useState({ ...empty, ...given });
  const refused = state?.ok === false ? state : null;
  const field = (name: Name) => ({
    id: `criteria-${name}`,
    name,
    value: values[name],
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLSelectElement>) =>
      setValues({ ...values, [name]: event.target.value }),
    'aria-invalid': refused?.issues?.some(({ path }) => path === name) || undefined,
    className: 'field',
  });
  const text = { autoComplete: 'off', spellCheck: false } as const;
  const days = { type: 'number', min: 1, max: 3650, inputMode: 'numeric' } as const;
  return (
    <form action={run} className="card flex flex-col gap-4 p-5">
      <div>
        <h2 className="text-section font-semibold">New bulk revocation</h2>
        <p className="text-soft">
          Whatever is filled in must hold. You see what it comes to before anything is revoked.
        </p>
      </div>
      {refused && (
        <Notice tone="bad" title="Nothing was prepared" reference={refused.reference} arrival>
          {refused.issues ? (
            refused.issues.map(({ path, message }) => (
              <p key={`${path} ${message}`}>{isName(path) ? `${labels[path]}: ${message}.` : `${message}.`}</p>
            ))
          ) : (
            <p>{refused.message}</p>
          )}
        </Notice>
      )}
      <div className="grid gap-4 sm:grid-cols-2 2xl:grid-cols-4">
        <Labelled name="provider">
          <select {...field('provider')}>
            <option value="">Any</option>
            {providers.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Labelled>
        <Labelled
          name="person"
          hint={personName && values.person === given.person ? personName : 'Their id, or their e-mail address.'}
        >
          <input {...field('person')} {...text} maxLength={320} aria-describedby="criteria-person-hint" />
        </Labelled>
        <Labelled name="scope" hint="One, by the provider’s name for it.">
          <input {...field('scope')} {...text} maxLength={512} aria-describedby="criteria-scope-hint" />
        </Labelled>
        <Labelled name="olderThanDays">
          <input {...field('olderThanDays')} {...days} />
        </Labelled>
        <Labelled name="unusedForDays">
          <input {...field('unusedForDays')} {...days} />
        </Labelled>
        <Labelled name="readByKey">
          <select {...field('readByKey')}>
            <option value="">Any or none</option>
            {keys.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Labelled>
        {values.readByKey !== '' && (
          <Labelled name="readWithinDays" hint="Empty means as far back as the ledger goes.">
            <input {...field('readWithinDays')} {...days} aria-describedby="criteria-readWithinDays-hint" />
          </Labelled>
        )}
      </div>
      <button type="submit" disabled={pending} className="btn btn-primary self-start">
        {pending ? 'Looking' : 'Preview'}
      </button>
    </form>
  );
}

function Labelled({ name, hint, children }: { name: Name; hint?: string; children: React.ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={`criteria-${name}`} className="label">
        {labels[name]}
      </label>
      {children}
      {hint && (
        <p id={`criteria-${name}-hint`} className="hint wrap-anywhere">
          {hint}
        </p>
      )}
    </div>
  );
}
