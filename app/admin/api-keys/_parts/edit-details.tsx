'use client';

import { useState } from 'react';
import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { changeDetails } from '../actions.ts';
import { DetailFields, type KeyDetails } from './detail-fields.tsx';

/** Changes what people read about one key. */
export function EditDetails({ id, details }: { id: string; details: KeyDetails }) {
  const [value, setValue] = useState(details);
  return (
    <ConfirmDialog
      trigger="Edit details"
      triggerClass="btn btn-small btn-plain"
      title={`Details of ${details.name}`}
      fields={[['id', id]]}
      more={(fault) => <DetailFields id="edit-key" value={value} change={setValue} fault={fault} />}
      confirm="Save"
      danger={false}
      action={changeDetails}
    >
      <p>People read them where a service used their account.</p>
    </ConfirmDialog>
  );
}
