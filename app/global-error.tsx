'use client';

import { RouteError } from '#app/_ui/route-error';
import './globals.css';

interface GlobalErrorProps {
  error: Error & { digest?: string };
  retry: () => void;
}

/** Stands in for the root layout where that itself fails. */
export default function GlobalError({ error, retry }: GlobalErrorProps) {
  return (
    <html lang="en">
      <body>
        <title>Something went wrong · Grantkeep</title>
        <main className="px-4 py-16">
          <RouteError digest={error.digest} retry={retry} />
        </main>
      </body>
    </html>
  );
}
