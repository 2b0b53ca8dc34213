'use client';

import { useEffect, useRef } from 'react';
import { CopyButton } from '#app/_ui/copy-button';

interface SecretProps {
  title: string;
  /** Held by this page only, and gone when it is left. */
  secret: string;
  children: React.ReactNode;
  stored: () => void;
}

/** Shows a signing secret this once. */
export function Secret({ title, secret, children, stored }: SecretProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section aria-labelledby="new-secret" className="card flex flex-col gap-4 border-accent p-5">
      <div>
        <h2 id="new-secret" ref={heading} tabIndex={-1} className="text-section font-semibold outline-none">
          {title}
        </h2>
        <p className="text-soft">
          This is the only time the secret is shown. Store it where the receiver verifies signatures. {children}
        </p>
      </div>
      <code className="rounded-lg bg-sunken p-3 font-mono text-meta wrap-anywhere">{secret}</code>
      <CopyButton text={secret} label="Copy secret" />
      <button type="button" onClick={stored} className="btn btn-primary">
        I have stored it
      </button>
    </section>
  );
}
