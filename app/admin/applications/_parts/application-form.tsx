'use client';

import { useActionState, useState } from 'react';
import { GoOn } from '#app/_ui/go-on';
import { Notice } from '#app/_ui/notice';
import { Refusal } from '#app/_ui/refusal';
import { TextField } from '#app/_ui/text-field';
import { registerApplication, saveApplication } from '../actions.ts';
import { LinesField } from './lines-field.tsx';

/** An application as its form has it: lists as text, one a line. */
export interface ApplicationDraft {
  name: string;
  contact: string;
  returnUrls: string;
  providers: string[];
  scopes: string;
}

interface ApplicationFormProps {
  /** The application that is changed; absent: a new one. */
  id?: string;
  draft: ApplicationDraft;
  providers: { id: string; name: string }[];
  /** The page of the form. */
  path: string;
}

/** Registers an application, or changes one. */
export function ApplicationForm({ id, draft, providers, path }: ApplicationFormProps) {
  const [state, run, pending] = useActionState(id === undefined ? registerApplication : saveApplication, null);
  // Held here, since React empties a form's own fields after each try.
  const [value, setValue] = useState(draft);
  const set = (change: Partial<ApplicationDraft>) => setValue({ ...value, ...change });
  const refused = state?.ok === false ? state : null;
  const fault = (path: string) =>
    refused?.issues?.find((issue) => issue.path === path || issue.path.startsWith(`${path}.`))?.message;
  const toggle = (one: string) =>
    set({
      providers: value.providers.includes(one)
        ? value.providers.filter((other) => other !== one)
        : [...value.providers, one],
    });
  return (
    <form
      action={run}
      // React resets a form after its action: boxes would lose the state that is held here.
      onReset={(event) => event.preventDefault()}
      className="flex flex-col gap-5"
    >
      <GoOn form={id === undefined ? 'register application' : `change ${id}`} />
      {refused && (
        <Refusal
          title={id === undefined ? 'No application was registered' : 'Nothing was changed'}
          refused={refused}
          returnTo={path}
        />
      )}
      {state?.ok && <Notice tone="good" title="Saved" arrival />}
      {id !== undefined && <input type="hidden" name="id" value={id} />}
      <TextField
        id="application-name"
        name="name"
        label="Name"
        hint="People read it on the page that asks for their account."
        fault={fault('name')}
        maxLength={100}
        value={value.name}
        change={(name) => set({ name })}
      />
      <TextField
        id="application-contact"
        name="contact"
        label="Contact"
        hint="Who runs it: an e-mail or https: address."
        fault={fault('contact')}
        maxLength={300}
        value={value.contact}
        change={(contact) => set({ contact })}
      />
      <LinesField
        id="application-return-urls"
        name="returnUrls"
        label="Return addresses"
        hint="Where people may be led back to, one a line. Each is compared as a whole; http: only on localhost, 127.0.0.1 and [::1]."
        fault={fault('returnUrls')}
        value={value.returnUrls}
        change={(returnUrls) => set({ returnUrls })}
        required
      />
      {providers.length > 0 && (
        <fieldset>
          <legend className="label mb-1">Only these providers</legend>
          <p className="hint mb-2">{fault('providers') ?? 'None ticked means every provider, also later ones.'}</p>
          <div className="flex flex-wrap gap-x-4 gap-y-2">
            {providers.map(({ id: provider, name }) => (
              <label key={provider} className="flex items-center gap-2">
                <input
                  type="checkbox"
                  name="providers"
                  value={provider}
                  checked={value.providers.includes(provider)}
                  onChange={() => toggle(provider)}
                />
                {name}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <LinesField
        id="application-scopes"
        name="scopes"
        label="Scopes"
        hint="What it may ask for, as provider:scope, one a line. A provider without a line has the scopes of its record."
        fault={fault('scopes')}
        value={value.scopes}
        change={(scopes) => set({ scopes })}
      />
      <div>
        <button type="submit" disabled={pending} className="btn btn-primary">
          {pending ? 'Saving' : id === undefined ? 'Register application' : 'Save'}
        </button>
      </div>
    </form>
  );
}
