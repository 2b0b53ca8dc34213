'use client';

import { useState } from 'react';
import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { changeAddresses } from '../actions.ts';
import { AddressFields } from './address-fields.tsx';

interface KeyAddressesProps {
  id: string;
  name: string;
  ranges: readonly string[];
  rule: 'deny' | 'alert';
  signInUntil: number;
}

/** Changes where one key is expected from. */
export function KeyAddresses({ id, name, ranges, rule, signInUntil }: KeyAddressesProps) {
  const [value, setValue] = useState({ ranges: ranges.join('\n'), rule });
  return (
    <ConfirmDialog
      trigger={
        <>
          Addresses <span className="sr-only">of {name}</span>
        </>
      }
      triggerClass="btn btn-small btn-plain"
      title={`Where is ${name} expected from?`}
      fields={[['id', id]]}
      more={(fault) => <AddressFields value={value} change={setValue} fault={fault('ipRanges')} />}
      signInUntil={signInUntil}
      confirm="Save"
      danger={false}
      action={changeAddresses}
    >
      <p>Counts from its next call on. Behind a proxy, TRUSTED_PROXIES decides which address the hub sees.</p>
    </ConfirmDialog>
  );
}
