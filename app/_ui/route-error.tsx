'use client';

import { unavailableDigest } from '#lib/errors';

/** What Next gives to the page of an error. */
export interface RouteErrorProps {
  /** Its digest finds the event in the log; the message itself never reaches the browser. */
  error: Error & { digest?: string };
  /** Asks the server for the page again. */
  retry: () => void;
}

/** Where a page failed: what happened, what to do now, and what finds it in the log. */
export function RouteError({ error: { digest }, retry }: RouteErrorProps) {
  const passes = digest?.startsWith(unavailableDigest);
  return (
    <div role="alert" className="card mx-auto flex max-w-xl flex-col items-start gap-4 p-6">
      <div>
        <h1 className="text-title font-semibold tracking-tight">This page could not be shown</h1>
        <p className="mt-1 text-soft">
          {passes
            ? 'The hub cannot answer at the moment. Nothing was changed. Try again in a moment; if it stays so, give your administrator the reference.'
            : 'Something went wrong here, not with you. Nothing was changed. Try again; if it stays so, give your administrator the reference.'}
        </p>
      </div>
      {digest && (
        <p className="text-meta text-soft">
          Reference <code className="font-mono">{digest}</code>
        </p>
      )}
      <button type="button" onClick={retry} className="btn btn-primary">
        Try again
      </button>
    </div>
  );
}
