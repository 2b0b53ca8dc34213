'use client';

import { RouteError, type RouteErrorProps } from '#app/_ui/route-error';
import './globals.css';

/** Stands in for the root layout where that itself fails. */
export default function GlobalError(props: RouteErrorProps) {
  return (
    <html lang="en">
      <body>
        <title>Something went wrong · Grantkeep</title>
        <main className="px-4 py-16">
          <RouteError {...props} />
        </main>
      </body>
    </html>
  );
}
