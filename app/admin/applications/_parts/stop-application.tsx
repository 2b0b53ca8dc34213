'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { resumeApplication, stopApplication } from '../actions.ts';

interface StopApplicationProps {
  id: string;
  name: string;
  status: 'active' | 'disabled';
  keys: number;
  people: number;
  connections: number;
  signInUntil: number;
}

const many = (count: number, one: string, more: string) => `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

/** Stops an application after saying what that stops, or lets it go on. */
export function StopApplication({ id, name, status, keys, people, connections, signInUntil }: StopApplicationProps) {
  const held = `${many(connections, 'connection', 'connections')} of ${many(people, 'person', 'people')}`;
  if (status === 'disabled')
    return (
      // By its key one dialog never goes on as the other.
      <ConfirmDialog
        key="enable"
        trigger="Enable"
        triggerClass="btn btn-small btn-plain"
        title={`Enable ${name}?`}
        fields={[['id', id]]}
        reason
        signInUntil={signInUntil}
        confirm="Enable"
        danger={false}
        action={resumeApplication}
      >
        <p>
          Its {many(keys, 'key', 'keys')} can read the tokens of its {held} again, and its people can connect.
        </p>
      </ConfirmDialog>
    );
  return (
    <ConfirmDialog
      key="disable"
      trigger="Disable"
      triggerClass="btn btn-small btn-danger-plain"
      title={`Disable ${name}?`}
      fields={[['id', id]]}
      reason
      signInUntil={signInUntil}
      confirm="Disable"
      action={stopApplication}
    >
      <p>
        From the next call on its {many(keys, 'key', 'keys')} {keys === 1 ? 'is' : 'are'} refused, and people cannot
        connect through it. Connect sessions that have begun end without a connection.
      </p>
      <p>Its {held} stay, and the hub goes on refreshing them. Revoke them where the application will not come back.</p>
    </ConfirmDialog>
  );
}
