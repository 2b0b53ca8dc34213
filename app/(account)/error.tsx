'use client';

import { RouteError, type RouteErrorProps } from '#app/_ui/route-error';

export default function ErrorPage(props: RouteErrorProps) {
  return (
    <div className="py-8">
      <RouteError {...props} />
    </div>
  );
}
