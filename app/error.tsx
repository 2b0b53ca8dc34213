'use client';

import { RouteError, type RouteErrorProps } from '#app/_ui/route-error';

export default function ErrorPage(props: RouteErrorProps) {
  return (
    <main className="px-4 py-16">
      <RouteError {...props} />
    </main>
  );
}
