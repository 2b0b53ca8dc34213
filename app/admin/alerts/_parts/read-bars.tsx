'use client';

import { useZone } from '#app/_ui/zone';
import { hourText } from '../../_overview/hour-text.ts';

interface ReadBarsProps {
  /** When each span began (ISO 8601). */
  spans: string[];
  reads: readonly number[];
  refused: readonly number[];
  /** The tallest column of all rows. */
  most: number;
  /** The span in which the alert opened. */
  opened: number;
}

const height = 28;
const width = 10;

/**
 * A column for each span: read tokens, and above them refused calls. For the eye alone: the table below says the same. A
 * client component, as `HourBars` is.
 */
export function ReadBars({ spans, reads, refused, most, opened }: ReadBarsProps) {
  const zone = useZone();
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${spans.length * width} ${height}`}
      preserveAspectRatio="none"
      className="block h-8 w-full"
    >
      {opened >= 0 && <rect x={opened * width} y="0" width={width} height={height} className="fill-sunken" />}
      {spans.map((at, n) => {
        const [read = 0, no = 0] = [reads[n], refused[n]];
        // A column that counts anything stays visible.
        const tall = (count: number) => (count === 0 ? 0 : Math.max(2, (count / most) * (height - 1)));
        const [low, high] = [tall(read), tall(no)];
        return (
          <g key={at}>
            <rect x={n * width + 1} y={height - 1} width={width - 2} height="1" className="fill-line-strong" />
            {read + no > 0 && (
              <>
                <title suppressHydrationWarning>{`${hourText(new Date(at), zone)}: ${read} read, ${no} refused`}</title>
                <rect x={n * width + 1} y={height - low} width={width - 2} height={low} className="fill-accent" />
                <rect
                  x={n * width + 1}
                  y={Math.max(0, height - low - high)}
                  width={width - 2}
                  height={high}
                  className="fill-bad"
                />
              </>
            )}
          </g>
        );
      })}
    </svg>
  );
}
