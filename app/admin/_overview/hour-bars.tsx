'use client';

import NextLink from 'next/link';
import { useZone } from '#app/_ui/zone';
import { hourText } from './hour-text.ts';

/** An hour of a chart: when it began (ISO 8601), how often, and where its entries are. */
export interface HourBar {
  at: string;
  count: number;
  href: string;
}

const height = 48;

/** The hour that begins then, in the reader's zone. */
export function Hour({ at }: { at: string }) {
  return <time dateTime={at}>{hourText(new Date(at), useZone())}</time>;
}

interface HourBarsProps {
  hours: HourBar[];
  className: string;
}

/**
 * A column for each hour, which leads to its entries. For the eye and the mouse: the table beside it says the same to
 * everybody and is reached by keyboard. A client component, since the server may cut its own drawings in two.
 */
export function HourBars({ hours, className }: HourBarsProps) {
  const most = Math.max(1, ...hours.map(({ count }) => count));
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${hours.length * 10} ${height}`}
      preserveAspectRatio="none"
      className="block h-14 w-full"
    >
      {hours.map((hour, n) => (
        <Column key={hour.at} hour={hour} x={n * 10} share={hour.count / most} className={className} />
      ))}
    </svg>
  );
}

interface ColumnProps {
  hour: HourBar;
  x: number;
  share: number;
  className: string;
}

function Column({ hour: { at, count, href }, x, share, className }: ColumnProps) {
  const begins = hourText(new Date(at), useZone());
  // A bar that counts anything stays visible.
  const tall = count === 0 ? 0 : Math.max(2, share * (height - 1));
  const ground = <rect x={x + 1} y={height - 1} width="8" height="1" className="fill-line-strong" />;
  if (count === 0) return ground;
  return (
    <NextLink href={href} prefetch={false} tabIndex={-1} className="group">
      <title>{`${begins}: ${count.toLocaleString('en-US')}`}</title>
      <rect x={x} y="0" width="10" height={height} className="fill-transparent group-hover:fill-sunken" />
      <rect x={x + 1} y={(height - tall).toFixed(1)} width="8" height={tall.toFixed(1)} className={className} />
    </NextLink>
  );
}
