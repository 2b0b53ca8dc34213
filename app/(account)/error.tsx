'use client';

import { RouteError } from '#app/_ui/route-error';

interface ErrorPageProps {
  error: Error & { digest?: string };
  retry: () => void;
}

export default function ErrorPage({ error, retry }: ErrorPageProps) {
  return (
    <div className="py-8">
      <RouteError digest={error.digest} retry={retry} />
    </div>
  );
}
