'use client';

import { TextField } from '#app/_ui/text-field';

/** What people read about a key. */
export interface KeyDetails {
  name: string;
  purpose: string;
  owner: string;
}

interface DetailFieldsProps {
  id: string;
  value: KeyDetails;
  change: (value: KeyDetails) => void;
  fault: (field: string) => string | undefined;
}

/** Name, purpose and owner of a key. */
export function DetailFields({ id, value, change, fault }: DetailFieldsProps) {
  return (
    <>
      <TextField
        id={`${id}-name`}
        name="name"
        label="Name"
        hint="The service that uses it, such as billing-sync. People see it beside “last used”."
        fault={fault('name')}
        maxLength={100}
        value={value.name}
        change={(name) => change({ ...value, name })}
      />
      <TextField
        id={`${id}-purpose`}
        name="purpose"
        label="Purpose"
        hint="What the service does with an account, in words for its owner: “Puts your invoices into the archive”."
        fault={fault('purpose')}
        maxLength={200}
        optional
        value={value.purpose}
        change={(purpose) => change({ ...value, purpose })}
      />
      <TextField
        id={`${id}-owner`}
        name="owner"
        label="Owner"
        hint="The team or the address that answers for the service."
        fault={fault('owner')}
        maxLength={100}
        optional
        value={value.owner}
        change={(owner) => change({ ...value, owner })}
      />
    </>
  );
}
