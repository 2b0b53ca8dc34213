'use client';

import { useActionState, useState } from 'react';
import { GoOn } from '#app/_ui/go-on';
import { Refusal } from '#app/_ui/refusal';
import { CopyLine, ShownOnce } from '../../_parts/shown-once.tsx';
import { createKey } from '../actions.ts';
import { type Addresses, AddressFields } from './address-fields.tsx';
import { DetailFields } from './detail-fields.tsx';
import { keyScopes } from './scope-words.ts';

interface CreateKeyProps {
  providers: { id: string; name: string }[];
  applications: { id: string; name: string }[];
  /** The application that is chosen at first; empty: none. */
  application: string;
  /** Above the form: that a sign-in is needed. */
  notice: React.ReactNode;
}

/** Makes API keys, one after the other. */
export function CreateKey(props: CreateKeyProps) {
  const [round, setRound] = useState(0);
  return <KeyForm key={round} {...props} again={() => setRound(round + 1)} />;
}

function KeyForm({ providers, applications, application, notice, again }: CreateKeyProps & { again: () => void }) {
  const [state, run, pending] = useActionState(createKey, null);
  // Held here, since React empties a form's own fields after each try.
  const [details, setDetails] = useState({ name: '', purpose: '', owner: '' });
  const [scopes, setScopes] = useState<string[]>([]);
  const [limit, setLimit] = useState<string[]>([]);
  const [of, setOf] = useState(application);
  const [days, setDays] = useState('90');
  const [addresses, setAddresses] = useState<Addresses>({ ranges: '', rule: 'deny' });
  if (state?.ok && state.data) {
    const { name: made, secret, curl } = state.data;
    return (
      <ShownOnce
        title={`${made} is ready`}
        secret={secret}
        what="key"
        where="where the service reads its secrets"
        stored={again}
      >
        <CopyLine label="Try it" copy="Copy line" text={curl} />
      </ShownOnce>
    );
  }
  const refused = state?.ok === false ? state : null;
  const fault = (path: string) =>
    refused?.issues?.find((issue) => issue.path === path || issue.path.startsWith(`${path}.`))?.message;
  const toggle = (list: string[], value: string) =>
    list.includes(value) ? list.filter((one) => one !== value) : [...list, value];
  return (
    <form
      action={run}
      // React resets a form after its action: boxes and choices would lose the state that is held here.
      onReset={(event) => event.preventDefault()}
      className="card flex flex-col gap-5 p-5"
    >
      <GoOn form="create key" />
      {refused ? null : notice}
      {refused && <Refusal title="No key was made" refused={refused} returnTo="/admin/api-keys" />}
      <DetailFields id="key" value={details} change={setDetails} fault={fault} />
      {applications.length > 0 && (
        <div className="flex flex-col gap-1">
          <label htmlFor="key-application" className="label">
            Application
          </label>
          <select
            id="key-application"
            name="applicationId"
            value={of}
            onChange={(event) => setOf(event.target.value)}
            aria-describedby="key-application-hint"
            className="field"
          >
            <option value="">None: it sees everybody</option>
            {applications.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
          <p id="key-application-hint" className="hint">
            {fault('applicationId') ?? 'A key of an application sees the connections of its people alone. It stays so.'}
          </p>
        </div>
      )}
      <fieldset className="flex flex-col gap-2">
        <legend className="label mb-1">What it may do</legend>
        {fault('scopes') && (
          <p className="text-meta font-medium text-bad">
            {scopes.length === 0 ? 'Choose at least one.' : `These ${fault('scopes')}.`}
          </p>
        )}
        {keyScopes.map((scope) => (
          <div key={scope.name} className="flex gap-3">
            <input
              id={`scope-${scope.name}`}
              type="checkbox"
              name="scopes"
              value={scope.name}
              checked={scopes.includes(scope.name)}
              onChange={() => setScopes(toggle(scopes, scope.name))}
              aria-describedby={`scope-${scope.name}-meaning`}
              className="mt-1"
            />
            <div>
              <label htmlFor={`scope-${scope.name}`} className="font-mono text-meta">
                {scope.name}
              </label>
              <p id={`scope-${scope.name}-meaning`} className="hint">
                {scope.meaning}
              </p>
            </div>
          </div>
        ))}
      </fieldset>
      {providers.length > 0 && (
        <fieldset>
          <legend className="label mb-1">Only these providers</legend>
          <p className="hint mb-2">None ticked means every provider, also later ones.</p>
          <div className="flex flex-wrap gap-x-4 gap-y-2">
            {providers.map(({ id, name: providerName }) => (
              <label key={id} className="flex items-center gap-2">
                <input
                  type="checkbox"
                  name="providers"
                  value={id}
                  checked={limit.includes(id)}
                  onChange={() => setLimit(toggle(limit, id))}
                />
                {providerName}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <AddressFields value={addresses} change={setAddresses} fault={fault('ipRanges')} />
      <div className="flex flex-col gap-1">
        <label htmlFor="key-days" className="label">
          Expires
        </label>
        <select
          id="key-days"
          name="days"
          value={days}
          onChange={(event) => setDays(event.target.value)}
          className="field"
        >
          <option value="7">In 7 days</option>
          <option value="30">In 30 days</option>
          <option value="90">In 90 days</option>
          <option value="365">In a year</option>
          <option value="">Never</option>
        </select>
      </div>
      <button type="submit" disabled={pending} className="btn btn-primary">
        {pending ? 'Creating' : 'Create API key'}
      </button>
    </form>
  );
}
