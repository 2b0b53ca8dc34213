import { DayName } from '#app/_ui/day-heading';
import { readZone } from '#lib/cookies/zone';
import { byDay } from './days.ts';

interface DayListProps<Item> {
  /** In the order of time, either way. */
  items: readonly Item[];
  at: (item: Item) => Date;
  keyOf: (item: Item) => string;
  className?: string;
  children: (item: Item) => React.ReactNode;
}

/** The entries of a short timeline under their days, in the reader's zone. The page names the zone. */
export async function DayList<Item>({
  items,
  at,
  keyOf,
  className = 'flex flex-col gap-3',
  children,
}: DayListProps<Item>) {
  const { zone } = await readZone();
  return (
    <div className="flex flex-col gap-4">
      {byDay(items, at, zone, new Date()).map((day) => (
        <div key={day.day}>
          <h3 className="mb-2 font-semibold">
            <DayName day={day} />
          </h3>
          <ol className={className}>
            {day.items.map((item) => (
              <li key={keyOf(item)}>{children(item)}</li>
            ))}
          </ol>
        </div>
      ))}
    </div>
  );
}
