'use client';

import { useState } from 'react';
import { Check, Copy, X } from '#app/_ui/icons';

const looks = { no: X, yes: Check, idle: Copy };

/** Copies a text: a button as small as the id it stands beside. */
export function CopyIcon({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState<'idle' | 'yes' | 'no'>('idle');
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied('yes'),
      () => setCopied('no'),
    );
  const Icon = looks[copied];
  return (
    <>
      <button
        type="button"
        onClick={copy}
        aria-label={label}
        title={label}
        className="grid size-6 flex-none place-items-center rounded text-soft hover:bg-sunken hover:text-ink"
      >
        <Icon aria-hidden="true" className="size-3.5" />
      </button>
      <span role="status" className="sr-only">
        {copied === 'yes' && 'Copied'}
        {copied === 'no' && 'Not copied: select it by hand'}
      </span>
    </>
  );
}
