import type { KeyDay } from '#lib/api-keys/describe-api-key';
import { numberText } from '#ui/number-text';
import { StackedBars } from '../../_parts/stacked-bars.tsx';

/** A column for each day, refused calls on top of it. */
export function DayBars({ days }: { days: readonly KeyDay[] }) {
  return (
    <StackedBars
      bars={days.map(({ day, reads, refused }) => ({
        key: day,
        good: reads,
        bad: refused,
        title: `${day}: ${numberText(reads)} read, ${numberText(refused)} refused`,
      }))}
    />
  );
}
