import { Link } from '#app/_ui/link';
import { ZoneNote } from '#app/_ui/zone-note';
import { type TimeRange, timeRanges } from '#lib/audit/time-range';

const words: Record<TimeRange, string> = {
  hour: 'Last hour',
  today: 'Today',
  yesterday: 'Yesterday',
  '7d': '7 days',
  '30d': '30 days',
};

interface TimeFilterProps {
  chosen: string | undefined;
  /** Whether two moments of one's own are given instead. */
  own: boolean;
  /** The address of the list with a range; undefined for any time. */
  within: (range: TimeRange | undefined) => string;
}

/** Ranges to pick, and the zone that they and all times of the page are in. */
export function TimeFilter({ chosen, own, within }: TimeFilterProps) {
  const choice = (range: TimeRange | undefined, word: string) => (
    <Link
      key={word}
      href={within(range)}
      aria-current={!own && chosen === range ? 'true' : undefined}
      className="rounded-md px-2 py-1 font-medium whitespace-nowrap text-soft hover:text-ink aria-[current]:bg-accent-tint aria-[current]:text-accent"
    >
      {word}
    </Link>
  );
  return (
    <div className="mb-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-meta">
      <nav aria-label="Time" className="-ml-2 flex flex-wrap gap-1">
        {choice(undefined, 'Any time')}
        {timeRanges.map((range) => choice(range, words[range]))}
      </nav>
      <ZoneNote />
    </div>
  );
}
