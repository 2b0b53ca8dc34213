'use client';

import { useEffect, useRef } from 'react';
import { CopyButton } from '#app/_ui/copy-button';

interface NewKeyProps {
  name: string;
  /** Held by this page only, and gone when it is left. */
  secret: string;
  curl: string;
  stored: () => void;
}

/** Shows a new key this once, with a line that uses it. */
export function NewKey({ name, secret, curl, stored }: NewKeyProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section aria-labelledby="new-key" className="card flex flex-col gap-4 border-accent p-5">
      <div>
        <h2 id="new-key" ref={heading} tabIndex={-1} className="text-section font-semibold outline-none">
          {name} is ready
        </h2>
        <p className="text-soft">
          This is the only time the key is shown. Store it where the service reads its secrets.
        </p>
      </div>
      <div className="flex flex-col gap-2">
        <p className="label">Key</p>
        <code className="rounded-lg bg-sunken p-3 font-mono text-meta wrap-anywhere">{secret}</code>
        <CopyButton text={secret} label="Copy key" />
      </div>
      <div className="flex flex-col gap-2">
        <p className="label">Try it</p>
        <code className="rounded-lg bg-sunken p-3 font-mono text-meta wrap-anywhere whitespace-pre-wrap">{curl}</code>
        <CopyButton text={curl} label="Copy line" />
      </div>
      <button type="button" onClick={stored} className="btn btn-primary">
        I have stored it
      </button>
    </section>
  );
}
