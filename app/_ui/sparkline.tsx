'use client';

const height = 20;
const width = 8;

/** A small column for each day; the words beside it say the same. A client component, as `HourBars` is. */
export function Sparkline({ counts }: { counts: readonly number[] }) {
  const most = Math.max(1, ...counts);
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${counts.length * width} ${height}`}
      className="block h-5 w-14 flex-none"
      preserveAspectRatio="none"
    >
      {counts.map((count, day) => {
        const tall = count === 0 ? 1 : Math.max(2, (count / most) * height);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a day has no other name than its place
            key={day}
            x={day * width + 1}
            y={(height - tall).toFixed(1)}
            width={width - 2}
            height={tall.toFixed(1)}
            className={count === 0 ? 'fill-line-strong' : 'fill-accent'}
          />
        );
      })}
    </svg>
  );
}
