'use client';

import { RouteError, type RouteErrorProps } from '#app/_ui/route-error';

export default function ErrorPage(props: RouteErrorProps) {
  return (
    <div className="p-6">
      <RouteError {...props} />
    </div>
  );
}
