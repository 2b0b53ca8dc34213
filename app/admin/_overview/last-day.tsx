import { ChevronRight } from '#app/_ui/icons';
import { Time } from '#app/_ui/time';
import { type Hourly, hourly, type LastDayView } from '#lib/overview/last-day';
import { numberText } from '#ui/number-text';
import { DataTable, Td, Th, Tr } from '../_parts/data-table.tsx';
import { dayAddress, hourAddress } from './addresses.ts';
import { Figure } from './figure.tsx';
import { Hour, HourBars } from './hour-bars.tsx';

const charts: { one: Hourly; title: string; className: string }[] = [
  { one: 'vended', title: 'Tokens read', className: 'fill-accent' },
  { one: 'denied', title: 'Reads refused', className: 'fill-bad' },
  { one: 'refreshed', title: 'Refreshes', className: 'fill-accent' },
  { one: 'refreshFailed', title: 'Failed refreshes', className: 'fill-bad' },
];

const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0);

/** Reads and refreshes hour by hour: four charts, and the same in a table. */
export function LastDay({ day }: { day: LastDayView }) {
  const { countedTo, countedFrom } = day;
  if (!countedTo)
    return (
      <p className="card p-4 text-soft">
        Nothing has been counted yet. The first counts stand here a minute after the background has begun its work.
      </p>
    );
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2 2xl:grid-cols-4">
        {charts.map(({ one, title, className }) => (
          <Chart key={one} day={day} one={one} title={title} className={className} />
        ))}
      </div>
      <p className="mt-3 text-meta text-soft">
        Counted up to <Time at={countedTo} />
        {countedFrom && (
          <>
            , from <Time at={countedFrom} /> on; what happened before is in the ledger and not in these figures
          </>
        )}
        .
      </p>
      <ByTheHour day={day} />
    </>
  );
}

interface ChartProps {
  day: LastDayView;
  one: Hourly;
  title: string;
  className: string;
}

function Chart({ day, one, title, className }: ChartProps) {
  const counts = day.counts[one];
  const total = sum(counts);
  const most = Math.max(...counts);
  const [first] = day.hours;
  return (
    <figure className="card min-w-0 p-4">
      <figcaption className="mb-3 flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="text-soft">{title}</span>
        <Figure counted={total} href={dayAddress(day, hourly[one])} label={title} look="large" />
      </figcaption>
      <HourBars
        className={className}
        hours={day.hours.map((at, n) => ({
          at: at.toISOString(),
          count: counts[n] ?? 0,
          href: hourAddress(day, one, n),
        }))}
      />
      <p className="mt-1 flex justify-between gap-2 text-meta text-soft">
        {first && <Hour at={first.toISOString()} />}
        <span className="tabular">{total > 0 ? `at most ${numberText(most)} an hour` : 'none'}</span>
        <span className="whitespace-nowrap">now</span>
      </p>
    </figure>
  );
}

function ByTheHour({ day }: { day: LastDayView }) {
  const hours = day.hours.map((at, n) => ({ at: at.toISOString(), n })).toReversed();
  return (
    <details className="group mt-3">
      <summary className="inline-flex items-center gap-1 rounded-md text-meta font-medium text-accent">
        <ChevronRight aria-hidden="true" className="size-4 transition-transform group-open:rotate-90" />
        By the hour, as a table
      </summary>
      <div className="mt-3">
        <DataTable
          label="Reads and refreshes by the hour"
          head={
            <>
              <Th>Hour from</Th>
              {charts.map(({ one, title }) => (
                <Th key={one}>{title}</Th>
              ))}
            </>
          }
        >
          {hours.map(({ at, n }) => (
            <Tr key={at}>
              <Td>
                <Hour at={at} />
              </Td>
              {charts.map(({ one, title }) => (
                <Td key={one}>
                  <Figure counted={day.counts[one][n] ?? 0} href={hourAddress(day, one, n)} label={title} />
                </Td>
              ))}
            </Tr>
          ))}
        </DataTable>
      </div>
    </details>
  );
}
