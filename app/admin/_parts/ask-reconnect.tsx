'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import type { ActionState } from '#lib/web/action';

interface AskReconnectProps {
  /** What the act is told of: the connection, or the provider with the number that is shown. */
  fields: [name: string, value: string][];
  connections: number;
  people: number;
  action: (previous: ActionState | null, form: FormData) => Promise<ActionState>;
}

const many = (count: number, one: string, more: string) => `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

/** Asks people by mail to reconnect, after saying how many. */
export function AskReconnect({ fields, connections, people, action }: AskReconnectProps) {
  const whom = many(people, 'person', 'people');
  return (
    <ConfirmDialog
      trigger={`Mail ${whom}`}
      triggerClass="btn btn-small btn-plain"
      title={`Ask ${whom} to reconnect?`}
      fields={fields}
      confirm={`Mail ${whom}`}
      danger={false}
      action={action}
    >
      <p>
        The mail names {many(connections, 'connection', 'connections')} and leads to a page where the person signs in
        and reconnects. It goes out within a minute or two and cannot be taken back. The hub does not ask these people
        again within a day.
      </p>
    </ConfirmDialog>
  );
}
