'use client';

import { RouteError } from '#app/_ui/route-error';

interface ErrorPageProps {
  error: Error & { digest?: string };
  reset: () => void;
}

export default function ErrorPage({ error, reset }: ErrorPageProps) {
  return (
    <main className="px-4 py-16">
      <RouteError digest={error.digest} retry={reset} />
    </main>
  );
}
