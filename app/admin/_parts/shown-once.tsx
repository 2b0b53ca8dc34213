'use client';

import { useEffect, useRef } from 'react';
import { CopyButton } from '#app/_ui/copy-button';

interface ShownOnceProps {
  title: string;
  /** Held by this page only, and gone when it is left. */
  secret: string;
  what: 'key' | 'secret';
  /** Where it belongs, after “Store it”. */
  where: string;
  /** What else is to be known or copied. */
  children?: React.ReactNode;
  stored: () => void;
}

/** Shows a secret that was just made, this once. */
export function ShownOnce({ title, secret, what, where, children, stored }: ShownOnceProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section aria-labelledby="shown-once" className="card flex flex-col gap-4 border-accent p-5">
      <div>
        <h2 id="shown-once" ref={heading} tabIndex={-1} className="text-section font-semibold outline-none">
          {title}
        </h2>
        <p className="text-soft">
          This is the only time the {what} is shown. Store it {where}.
        </p>
      </div>
      <CopyLine label={what === 'key' ? 'Key' : 'Secret'} copy={`Copy ${what}`} text={secret} />
      {children}
      <button type="button" onClick={stored} className="btn btn-primary">
        I have stored it
      </button>
    </section>
  );
}

/** A text to be copied as it stands. */
export function CopyLine({ label, copy, text }: { label: string; copy: string; text: string }) {
  return (
    <div className="flex flex-col gap-2">
      <p className="label">{label}</p>
      <code className="rounded-lg bg-sunken p-3 font-mono text-meta wrap-anywhere whitespace-pre-wrap">{text}</code>
      <CopyButton text={text} label={copy} />
    </div>
  );
}
