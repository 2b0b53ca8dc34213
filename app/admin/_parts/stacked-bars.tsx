'use client';

/** A column: what went well below, what did not on top of it. */
export interface StackedBar {
  key: string;
  good: number;
  bad: number;
  /** What a pointer on it reads. */
  title: string;
}

const height = 48;
const width = 10;

/**
 * Columns in their order. For the eye: the table beside them says the same to everybody. A client component, since the
 * server may cut its own drawings in two.
 */
export function StackedBars({ bars }: { bars: readonly StackedBar[] }) {
  const most = Math.max(1, ...bars.map(({ good, bad }) => good + bad));
  // One that counts anything stays visible.
  const tall = (count: number) => (count === 0 ? 0 : Math.max(2, (count / most) * (height - 3)));
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${bars.length * width} ${height}`}
      preserveAspectRatio="none"
      className="block h-14 w-full"
    >
      {bars.map(({ key, good, bad, title }, n) => (
        <g key={key}>
          <title>{title}</title>
          <rect x={n * width} y="0" width={width} height={height} className="fill-transparent" />
          <rect x={n * width + 1} y={height - 1} width={width - 2} height="1" className="fill-line-strong" />
          <rect
            x={n * width + 1}
            y={(height - 1 - tall(good)).toFixed(1)}
            width={width - 2}
            height={tall(good).toFixed(1)}
            className="fill-accent"
          />
          <rect
            x={n * width + 1}
            y={(height - 1 - tall(good) - tall(bad)).toFixed(1)}
            width={width - 2}
            height={tall(bad).toFixed(1)}
            className="fill-bad"
          />
        </g>
      ))}
    </svg>
  );
}
