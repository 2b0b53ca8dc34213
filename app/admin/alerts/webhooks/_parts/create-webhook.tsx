'use client';

import { useActionState, useState } from 'react';
import { GoOn } from '#app/_ui/go-on';
import { Refusal } from '#app/_ui/refusal';
import { TextField } from '#app/_ui/text-field';
import { create } from '../actions.ts';
import { Secret } from './secret.tsx';

interface CreateWebhookProps {
  types: readonly string[];
  /** Above the form: that a sign-in is needed. */
  notice: React.ReactNode;
}

/** Adds endpoints, one after the other. */
export function CreateWebhook(props: CreateWebhookProps) {
  const [round, setRound] = useState(0);
  return <WebhookForm key={round} {...props} again={() => setRound(round + 1)} />;
}

function WebhookForm({ types, notice, again }: CreateWebhookProps & { again: () => void }) {
  const [state, run, pending] = useActionState(create, null);
  // Held here, since React empties a form's own fields after each try.
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  if (state?.ok && state.data) {
    return (
      <Secret title={`${state.data.name} is ready`} secret={state.data.secret} stored={again}>
        Messages are signed to the Standard Webhooks specification.
      </Secret>
    );
  }
  const refused = state?.ok === false ? state : null;
  const fault = (path: string) => refused?.issues?.find((issue) => issue.path === path)?.message;
  return (
    <form
      action={run}
      // React resets a form after its action: boxes would lose the state that is held here.
      onReset={(event) => event.preventDefault()}
      className="card flex flex-col gap-5 p-5"
    >
      <GoOn form="create webhook" />
      {refused ? null : notice}
      {refused && <Refusal title="No webhook was added" refused={refused} returnTo="/admin/alerts/webhooks" />}
      <TextField
        id="webhook-name"
        name="name"
        label="Name"
        hint="Who receives it, such as on-call."
        fault={fault('name')}
        maxLength={100}
        value={name}
        change={setName}
      />
      <TextField
        id="webhook-url"
        name="url"
        type="url"
        label="Address"
        hint="Public and https. Hosts inside your network are allowed by the operator, in WEBHOOK_INTERNAL_HOSTS."
        fault={fault('url')}
        maxLength={500}
        exact
        value={url}
        change={setUrl}
      />
      <fieldset className="flex flex-col gap-2">
        <legend className="label mb-1">Only these messages</legend>
        <p className="hint">None ticked means all, also later ones.</p>
        {types.map((type) => (
          <label key={type} className="flex items-center gap-2">
            <input
              type="checkbox"
              name="types"
              value={type}
              checked={chosen.includes(type)}
              onChange={() =>
                setChosen(chosen.includes(type) ? chosen.filter((one) => one !== type) : [...chosen, type])
              }
            />
            <code className="font-mono text-meta">{type}</code>
          </label>
        ))}
      </fieldset>
      <button type="submit" disabled={pending} className="btn btn-primary">
        {pending ? 'Adding' : 'Add webhook'}
      </button>
    </form>
  );
}
