import { Link } from '#app/_ui/link';
import { Time } from '#app/_ui/time';
import type { RefreshCounts, RefreshDaysView, RefreshHistory } from '#lib/overview/refresh-days';
import { dayText } from '#ui/days';
import { numberText } from '#ui/number-text';
import { DataTable, Td, Th, Tr } from '../_parts/data-table.tsx';
import { StackedBars } from '../_parts/stacked-bars.tsx';
import { Figure } from './figure.tsx';
import { FiguresTable } from './figures-table.tsx';
import { shareText } from './share-text.ts';

interface RefreshDaysProps {
  view: RefreshDaysView;
  /** The zone of the days, as an IANA name. */
  zone: string;
  /** Of this provider alone; absent: of all, and each in a table. */
  provider?: string;
}

/** Providers in the table of all: the ones with failures first. Each has its own page. */
const listed = 8;

/** The share of tried refreshes that succeeded, over 7 and 30 days: a picture, and tables with the same. */
export function RefreshDays({ view, zone, provider }: RefreshDaysProps) {
  const { days, countedFrom, countedTo } = view;
  if (!countedTo) return <p className="text-soft">Nothing has been counted yet.</p>;
  const none = { week: zero, month: zero, days: days.map(() => zero) };
  const shown =
    provider === undefined ? view.all : (view.providers.find((one) => one.provider.id === provider) ?? none);
  const now = days.at(-1) ?? countedTo;
  const texts = days.map((day) => dayText(day, zone, now));
  return (
    <div className="flex flex-col gap-3">
      <dl className="flex flex-wrap gap-x-8 gap-y-2">
        <Success label="Last 7 days" counts={shown.week} />
        <Success label="Last 30 days" counts={shown.month} />
      </dl>
      <div>
        <StackedBars
          bars={shown.days.map(({ refreshed, failed }, n) => ({
            key: String(n),
            good: refreshed,
            bad: failed,
            title: `${texts[n]}: ${numberText(refreshed)} refreshed, ${numberText(failed)} failed`,
          }))}
        />
        <p className="mt-1 flex justify-between gap-2 text-meta text-soft">
          <span>{texts[0]}</span>
          <span>today</span>
        </p>
      </div>
      <p className="text-meta text-soft">
        Each try counts. Counted up to <Time at={countedTo} />
        {countedFrom && (
          <>
            , from <Time at={countedFrom} /> on
          </>
        )}
        .
      </p>
      {provider === undefined && view.providers.length > 0 && <ByProvider providers={view.providers} />}
      {shown.month.refreshed + shown.month.failed > 0 && <ByDay texts={texts} days={shown.days} />}
    </div>
  );
}

const zero: RefreshCounts = { refreshed: 0, failed: 0 };

function Success({ label, counts }: { label: string; counts: RefreshCounts }) {
  const share = shareText(counts);
  return (
    <div>
      <dt className="text-meta text-soft">{label}</dt>
      <dd className="tabular">
        {share ? (
          <>
            <span className="text-title font-semibold tracking-tight">{share}</span>{' '}
            <span className="text-soft">
              of {numberText(counts.refreshed + counts.failed)}{' '}
              {counts.refreshed + counts.failed === 1 ? 'refresh' : 'refreshes'} succeeded
            </span>
          </>
        ) : (
          <span className="text-soft">No refresh was due</span>
        )}
      </dd>
    </div>
  );
}

const failedAddress = (provider: string) =>
  `/admin/ledger?${new URLSearchParams({ provider, action: 'token.refresh_failed', range: '30d' })}`;

function ByProvider({ providers }: { providers: RefreshHistory[] }) {
  const shown = providers.toSorted((a, b) => b.month.failed - a.month.failed).slice(0, listed);
  return (
    <>
      <DataTable
        label="Refreshes by provider"
        head={
          <>
            <Th>Provider</Th>
            <Th>7 days</Th>
            <Th>30 days</Th>
            <Th from="sm">Refreshed</Th>
            <Th>Failed</Th>
          </>
        }
      >
        {shown.map(({ provider, week, month }) => (
          <Tr key={provider.id}>
            <Td>
              <Link
                href={`/admin/providers/${encodeURIComponent(provider.id)}`}
                className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
              >
                {provider.name}
              </Link>
            </Td>
            <Td>
              <span className="tabular">{shareText(week) ?? 'none'}</span>
            </Td>
            <Td>
              <span className="tabular">{shareText(month) ?? 'none'}</span>
            </Td>
            <Td from="sm">
              <span className="tabular">{numberText(month.refreshed)}</span>
            </Td>
            <Td>
              <Figure
                counted={month.failed}
                href={failedAddress(provider.id)}
                label={`failed refreshes of ${provider.name} in 30 days`}
              />
            </Td>
          </Tr>
        ))}
      </DataTable>
      {providers.length > shown.length && (
        <p className="text-meta text-soft">
          The {listed} with the most failures of {providers.length}. Each provider’s page has its own.
        </p>
      )}
    </>
  );
}

function ByDay({ texts, days }: { texts: string[]; days: RefreshCounts[] }) {
  const rows = days.map(({ refreshed, failed }, n) => [
    ...[texts[n] ?? '', shareText({ refreshed, failed }) ?? 'none'],
    ...[numberText(refreshed), numberText(failed)],
  ]);
  return (
    <details>
      <summary className="link cursor-pointer text-meta">Day by day, as a table</summary>
      <div className="mt-3">
        <FiguresTable
          label="Refreshes by day"
          head={['Day', 'Succeeded', 'Refreshed', 'Failed']}
          rows={rows.toReversed()}
        />
      </div>
    </details>
  );
}
