'use client';

import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { revocationWord } from '#ui/confirmation';
import { start } from '../actions.ts';

interface StartBulkProps {
  id: string;
  total: number;
  people: number;
  /** Until when the last sign-in counts: milliseconds since 1970. */
  signInUntil: number;
}

/** Begins what this page shows. */
export function StartBulk({ id, total, people, signInUntil }: StartBulkProps) {
  return (
    <ConfirmDialog
      trigger={`Revoke ${total.toLocaleString('en-US')}`}
      triggerClass="btn btn-danger"
      title={total === 1 ? 'Revoke this connection?' : `Revoke ${total.toLocaleString('en-US')} connections?`}
      fields={[
        ['id', id],
        ['expected', String(total)],
      ]}
      typed={revocationWord(total)}
      reason
      signInUntil={signInUntil}
      confirm={`Revoke ${total.toLocaleString('en-US')}`}
      action={start}
    >
      <p>
        {total === 1 ? 'It is' : 'They are'} of{' '}
        {people === 1 ? 'one person' : `${people.toLocaleString('en-US')} people`}. Services lose access at once. The
        providers are told, and asked again until they confirm. This cannot be undone; the people must connect anew.
      </p>
      <p>You can leave the page meanwhile; it goes on, and stands here when you come back.</p>
    </ConfirmDialog>
  );
}
