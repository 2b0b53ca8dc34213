'use client';

import { RouteError } from '#app/_ui/route-error';

interface ErrorPageProps {
  error: Error & { digest?: string };
  reset: () => void;
}

export default function ErrorPage({ error, reset }: ErrorPageProps) {
  return (
    <div className="py-8">
      <RouteError digest={error.digest} retry={reset} />
    </div>
  );
}
