'use client';

import { useId } from 'react';

export interface Addresses {
  /** As typed. */
  ranges: string;
  rule: 'deny' | 'alert';
}

interface AddressFieldsProps {
  value: Addresses;
  change: (value: Addresses) => void;
  fault?: string | undefined;
}

/** Where a key is expected from, and what a call from elsewhere meets. */
export function AddressFields({ value, change, fault }: AddressFieldsProps) {
  const id = useId();
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-col gap-1">
        <label htmlFor={`${id}-ranges`} className="label">
          Expected from
        </label>
        <textarea
          id={`${id}-ranges`}
          name="ipRanges"
          rows={4}
          maxLength={10_000}
          spellCheck={false}
          value={value.ranges}
          onChange={(event) => change({ ...value, ranges: event.target.value })}
          aria-invalid={fault ? true : undefined}
          aria-describedby={fault ? `${id}-fault ${id}-hint` : `${id}-hint`}
          className="field py-2 font-mono text-meta"
        />
        {fault && (
          <p id={`${id}-fault`} className="text-meta font-medium wrap-anywhere text-bad">
            {fault}
          </p>
        )}
        <p id={`${id}-hint`} className="hint">
          Addresses or networks such as 203.0.113.0/24, one a line. Empty means anywhere.
        </p>
      </div>
      <div className="flex flex-col gap-1">
        <label htmlFor={`${id}-rule`} className="label">
          A call from elsewhere
        </label>
        <select
          id={`${id}-rule`}
          name="ipRule"
          value={value.rule}
          onChange={(event) => change({ ...value, rule: event.target.value === 'alert' ? 'alert' : 'deny' })}
          className="field"
        >
          <option value="deny">is refused</option>
          <option value="alert">is answered, and raises an alert</option>
        </select>
      </div>
    </div>
  );
}
