'use client';

import { useActionState, useState } from 'react';
import { Notice } from '#app/_ui/notice';
import { prepare } from '../actions.ts';

interface CriteriaFormProps {
  providers: { id: string; name: string }[];
  keys: { id: string; name: string }[];
  /** What the address asks for: a link from a person, a key or a provider fills its field. */
  given: Partial<Record<'provider' | 'personId' | 'readByKey', string>>;
}

type Name = 'provider' | 'personId' | 'scope' | 'olderThanDays' | 'unusedForDays' | 'readByKey' | 'readWithinDays';

const empty: Record<Name, string> = {
  provider: '',
  personId: '',
  scope: '',
  olderThanDays: '',
  unusedForDays: '',
  readByKey: '',
  readWithinDays: '',
};

/** Says which connections; what is given must hold together. Nothing is revoked by it. */
export function CriteriaForm({ providers, keys, given }: CriteriaFormProps) {
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
    className: 'field',
  });
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
          <p>{refused.message}</p>
          {refused.issues?.map((issue) => (
            <p key={`${issue.path} ${issue.message}`}>
              {issue.path && `${issue.path}: `}
              {issue.message}
            </p>
          ))}
        </Notice>
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <Labelled name="provider" label="Provider">
          <select {...field('provider')}>
            <option value="">Any</option>
            {providers.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Labelled>
        <Labelled name="personId" label="Person (id)">
          <input {...field('personId')} maxLength={64} autoComplete="off" spellCheck={false} />
        </Labelled>
        <Labelled name="scope" label="Scope">
          <input {...field('scope')} maxLength={512} autoComplete="off" spellCheck={false} />
        </Labelled>
        <Labelled name="olderThanDays" label="Connected more than … days ago">
          <input {...field('olderThanDays')} {...days} />
        </Labelled>
        <Labelled name="unusedForDays" label="Not read for … days">
          <input {...field('unusedForDays')} {...days} />
        </Labelled>
        <Labelled name="readByKey" label="Read by the API key">
          <select {...field('readByKey')}>
            <option value="">Any or none</option>
            {keys.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Labelled>
        <Labelled name="readWithinDays" label="… in the last … days">
          <input {...field('readWithinDays')} {...days} disabled={values.readByKey === ''} />
        </Labelled>
      </div>
      <button type="submit" disabled={pending} className="btn btn-primary self-start">
        {pending ? 'Looking' : 'Preview'}
      </button>
    </form>
  );
}

function Labelled({ name, label, children }: { name: Name; label: string; children: React.ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={`criteria-${name}`} className="label">
        {label}
      </label>
      {children}
    </div>
  );
}
