'use client';

import NextLink from 'next/link';

/** A part of a bar, from 0 to 1 of its whole width, and where its rows are. */
export interface Share {
  name: string;
  share: number;
  href: string;
  className: string;
}

/**
 * A bar in parts, each of which leads to its rows. For the eye and the mouse: the numbers beside it say the same. A client
 * component, since the server may cut its own drawings in two.
 */
export function ShareBar({ shares }: { shares: Share[] }) {
  const parts = shares.map((share, n) => ({
    ...share,
    x: shares.slice(0, n).reduce((sum, one) => sum + one.share, 0),
  }));
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      className="block h-2 w-full overflow-hidden rounded-full bg-sunken"
    >
      {parts.map(({ name, share, x, href, className }) => (
        <NextLink key={name} href={href} prefetch={false} tabIndex={-1}>
          <title>{name}</title>
          {/* A thin line in the colour of the card parts it from the next. */}
          <rect
            x={(x * 100).toFixed(2)}
            width={(share * 100).toFixed(2)}
            height="8"
            vectorEffect="non-scaling-stroke"
            className={`stroke-surface ${className}`}
          />
        </NextLink>
      ))}
    </svg>
  );
}
