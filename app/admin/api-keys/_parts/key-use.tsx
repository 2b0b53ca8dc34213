'use client';

import type { KeyDay } from '#lib/api-keys/describe-api-key';

const height = 48;
const width = 10;

/**
 * A column for each day, refused calls on top of it. For the eye: the table below says the same to everybody. A client
 * component, since the server may cut its own drawings in two.
 */
export function DayBars({ days }: { days: readonly KeyDay[] }) {
  const most = Math.max(1, ...days.map(({ reads, refused }) => reads + refused));
  const tall = (count: number) => (count === 0 ? 0 : Math.max(2, (count / most) * (height - 2)));
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${days.length * width} ${height}`}
      preserveAspectRatio="none"
      className="block h-14 w-full"
    >
      {days.map(({ day, reads, refused }, n) => (
        <g key={day}>
          <title>{`${day}: ${reads.toLocaleString('en-US')} read, ${refused.toLocaleString('en-US')} refused`}</title>
          <rect x={n * width} y="0" width={width} height={height} className="fill-transparent" />
          <rect x={n * width + 1} y={height - 1} width={width - 2} height="1" className="fill-line-strong" />
          <rect
            x={n * width + 1}
            y={(height - 1 - tall(reads)).toFixed(1)}
            width={width - 2}
            height={tall(reads).toFixed(1)}
            className="fill-accent"
          />
          <rect
            x={n * width + 1}
            y={(height - 1 - tall(reads) - tall(refused)).toFixed(1)}
            width={width - 2}
            height={tall(refused).toFixed(1)}
            className="fill-bad"
          />
        </g>
      ))}
    </svg>
  );
}
