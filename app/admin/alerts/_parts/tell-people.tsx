'use client';

import { useState } from 'react';
import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { Notice } from '#app/_ui/notice';
import { tellPeople } from '../actions.ts';

interface TellPeopleProps {
  id: string;
  /** How many people have an account in the incident. */
  people: number;
}

/** Mails the people of an incident. */
export function TellPeople({ id, people }: TellPeopleProps) {
  const [told, setTold] = useState<string | null>(null);
  const many = people === 1 ? 'one person' : `${people.toLocaleString('en-US')} people`;
  return (
    <div className="flex flex-col items-start gap-2">
      <ConfirmDialog
        trigger="Tell the people"
        triggerClass="btn btn-small btn-plain"
        title={`Mail ${many}?`}
        fields={[['id', id]]}
        confirm="Send"
        danger={false}
        action={tellPeople}
        onDone={({ message }) => setTold(message ?? null)}
      >
        <p>
          The mail says that somebody may have used their account without permission, and leads to its page. It names
          neither the service nor your notes. A mail cannot be taken back.
        </p>
        <p>
          While everything is frozen, the mails wait for the thaw. The hub gives up a mail that waited for 72 hours.
        </p>
      </ConfirmDialog>
      {told && <Notice tone="good" title={told} arrival />}
    </div>
  );
}
