'use client';

import { RouteError } from '#app/_ui/route-error';

interface ErrorPageProps {
  error: Error & { digest?: string };
  retry: () => void;
}

export default function ErrorPage({ error, retry }: ErrorPageProps) {
  return (
    <main className="px-4 py-16">
      <RouteError digest={error.digest} retry={retry} />
    </main>
  );
}
