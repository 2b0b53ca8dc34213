'use client';

import { useRouter } from 'next/navigation';
import { useActionState, useState } from 'react';
import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { Notice } from '#app/_ui/notice';
import { remove, rotate, sendTest, setEnabled } from '../actions.ts';
import { Outcome } from './outcome.tsx';
import { Secret } from './secret.tsx';

interface WebhookActionsProps {
  id: string;
  name: string;
  enabled: boolean;
  signInUntil: number;
}

/** Trying, rotating, switching off and removing an endpoint. */
export function WebhookActions({ id, name, enabled, signInUntil }: WebhookActionsProps) {
  const router = useRouter();
  const [secret, setSecret] = useState<string | null>(null);
  const [tested, test, testing] = useActionState(sendTest, null);
  const fields: [string, string][] = [['id', id]];
  if (secret) {
    return (
      <Secret title={`${name} has a new secret`} secret={secret} stored={() => setSecret(null)}>
        For a day messages carry signatures by the secret before as well.
      </Secret>
    );
  }
  return (
    <section aria-labelledby="change" className="card flex flex-col gap-3 p-5">
      <h2 id="change" className="mb-1 text-section font-semibold">
        Try and change
      </h2>
      <div className="flex flex-wrap gap-2">
        <form action={test}>
          <input type="hidden" name="id" value={id} />
          <button type="submit" disabled={testing} className="btn btn-small btn-plain">
            {testing ? 'Sending' : 'Send a test'}
          </button>
        </form>
        <ConfirmDialog
          trigger="Rotate secret"
          triggerClass="btn btn-small btn-plain"
          title={`Rotate the secret of ${name}?`}
          fields={fields}
          signInUntil={signInUntil}
          confirm="Rotate secret"
          danger={false}
          action={rotate}
          onDone={({ data }) => data && setSecret(data.secret)}
        >
          <p>A new secret is made and shown once. For a day each message is signed with both.</p>
        </ConfirmDialog>
        <ConfirmDialog
          trigger={enabled ? 'Switch off' : 'Switch on'}
          triggerClass="btn btn-small btn-plain"
          title={`Switch ${name} ${enabled ? 'off' : 'on'}?`}
          fields={[...fields, ['enabled', enabled ? 'no' : 'yes']]}
          signInUntil={enabled ? signInUntil : undefined}
          confirm={enabled ? 'Switch off' : 'Switch on'}
          danger={enabled}
          action={setEnabled}
        >
          <p>{enabled ? 'Pending messages are dropped, and nothing more is sent.' : 'Events from now on are sent.'}</p>
        </ConfirmDialog>
        <ConfirmDialog
          trigger="Remove"
          triggerClass="btn btn-small btn-danger-plain"
          title={`Remove ${name}?`}
          fields={fields}
          signInUntil={signInUntil}
          confirm="Remove webhook"
          action={remove}
          onDone={() => router.push('/admin/alerts/webhooks')}
        >
          <p>Nothing more is sent to it, and its log goes with it. This cannot be undone.</p>
        </ConfirmDialog>
      </div>
      {tested?.ok && tested.data && <Outcome what="The test" {...tested.data} />}
      {tested?.ok === false && (
        <Notice tone="bad" title="Nothing was sent" reference={tested.reference} arrival>
          <p>{tested.message}</p>
        </Notice>
      )}
    </section>
  );
}
