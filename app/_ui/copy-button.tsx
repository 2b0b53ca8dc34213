'use client';

import { useState } from 'react';
import { Check, Copy } from '#app/_ui/icons';

interface CopyButtonProps {
  text: string;
  label: string;
  /** Goes on after the label, for screen readers, where several buttons have the same one. */
  of?: string;
}

/** Copies a text and says so; where the browser refuses, it says that too and the text can be selected by hand. */
export function CopyButton({ text, label, of }: CopyButtonProps) {
  const [copied, setCopied] = useState<'yes' | 'no' | null>(null);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied('yes'),
      () => setCopied('no'),
    );
  const Icon = copied === 'yes' ? Check : Copy;
  return (
    <span className="inline-flex items-center gap-2">
      <button type="button" onClick={copy} className="btn btn-small btn-plain">
        <Icon aria-hidden="true" className="size-4" />
        {label}
        {of && <span className="sr-only"> {of}</span>}
      </button>
      <span role="status" className="text-meta text-soft">
        {copied === 'yes' && 'Copied'}
        {copied === 'no' && 'Select and copy it by hand'}
      </span>
    </span>
  );
}
