import { ChevronRight } from '#app/_ui/icons';
import { Time } from '#app/_ui/time';
import { type Hourly, hourly, type LastDayView } from '#lib/overview/last-day';
import { dayAddress } from './addresses.ts';
import { Figure } from './figure.tsx';
import { HourBars, type HourCounts, HourTable } from './hour-bars.tsx';

const charts: { one: Hourly; title: string; className: string }[] = [
  { one: 'vended', title: 'Tokens read', className: 'fill-accent' },
  { one: 'denied', title: 'Reads refused', className: 'fill-bad' },
  { one: 'refreshed', title: 'Refreshes', className: 'fill-accent' },
  { one: 'refreshFailed', title: 'Failed refreshes', className: 'fill-bad' },
];

/** Reads and refreshes hour by hour: four charts, and the same in a table. */
export function LastDay({ day }: { day: LastDayView }) {
  const { countedTo, countedFrom } = day;
  if (!countedTo)
    return (
      <p className="card p-4 text-soft">
        Nothing has been counted yet. The first counts stand here a minute after the background has begun its work.
      </p>
    );
  const when = { hours: day.hours.map((at) => at.toISOString()), countedTo: countedTo.toISOString() };
  const shown = charts.map(({ one, title, className }) => ({
    ...{ one, title, className, counts: day.counts[one] },
    query: new URLSearchParams(hourly[one]).toString(),
  }));
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2 2xl:grid-cols-4">
        {shown.map((of) => (
          <Chart key={of.one} of={of} {...when} href={dayAddress(day, hourly[of.one])} />
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
      <details className="group mt-3">
        <summary className="inline-flex items-center gap-1 rounded-md text-meta font-medium text-accent">
          <ChevronRight aria-hidden="true" className="size-4 transition-transform group-open:rotate-90" />
          By the hour, as a table
        </summary>
        <div className="mt-3">
          <HourTable {...when} of={shown.map(({ title, counts, query }) => ({ title, counts, query }))} />
        </div>
      </details>
    </>
  );
}

interface ChartProps {
  of: HourCounts & { one: Hourly; className: string };
  hours: readonly string[];
  countedTo: string;
  /** The entries of the whole day. */
  href: string;
}

function Chart({ of: { one: _, className, ...counts }, hours, countedTo, href }: ChartProps) {
  const { title } = counts;
  return (
    <figure className="card min-w-0 p-4">
      <figcaption className="mb-3 flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="text-soft">{title}</span>
        <Figure counted={counts.counts.reduce((all, one) => all + one, 0)} href={href} label={title} look="large" />
      </figcaption>
      <HourBars className={className} hours={hours} countedTo={countedTo} of={counts} />
    </figure>
  );
}
