'use client';

import NextLink from 'next/link';
import { useZone } from '#app/_ui/zone';
import { numberText } from '#ui/number-text';
import { DataTable, Td, Th, Tr } from '../_parts/data-table.tsx';
import { Figure } from './figure.tsx';
import { countedPart, spanAddress } from './hour-address.ts';
import { hourText } from './hour-text.ts';

/** The events of a kind, hour by hour. */
export interface HourCounts {
  title: string;
  counts: readonly number[];
  /** Filters of the ledger for them, as a query. */
  query: string;
}

interface Hours {
  /** When each hour began: ISO 8601, the oldest first. */
  hours: readonly string[];
  /** Up to where was counted, ISO 8601. */
  countedTo: string;
}

const addressOf = (query: string, at: string, countedTo: string) =>
  spanAddress(query, countedPart(new Date(at), countedTo));

const height = 48;

/** The hour that begins then, in the reader's zone. */
export function Hour({ at }: { at: string }) {
  return <time dateTime={at}>{hourText(new Date(at), useZone())}</time>;
}

interface HourBarsProps extends Hours {
  of: HourCounts;
  className: string;
}

/**
 * A column for each hour, which leads to its entries. For the eye and the mouse: the table beside it says the same to
 * everybody and is reached by keyboard. A client component, since the server may cut its own drawings in two, and would
 * send each column twice.
 */
export function HourBars({ hours, countedTo, of: { counts, query }, className }: HourBarsProps) {
  const total = counts.reduce((sum, one) => sum + one, 0);
  const most = Math.max(1, ...counts);
  return (
    <>
      <svg
        aria-hidden="true"
        viewBox={`0 0 ${hours.length * 10} ${height}`}
        preserveAspectRatio="none"
        className="block h-14 w-full"
      >
        {hours.map((hour, n) => (
          <Column
            key={hour}
            at={hour}
            count={counts[n] ?? 0}
            href={addressOf(query, hour, countedTo)}
            x={n * 10}
            share={(counts[n] ?? 0) / most}
            className={className}
          />
        ))}
      </svg>
      <p className="mt-1 flex justify-between gap-2 text-meta text-soft">
        {hours[0] && <Hour at={hours[0]} />}
        <span className="tabular">{total > 0 ? `at most ${numberText(most)} an hour` : 'none'}</span>
        <span className="whitespace-nowrap">now</span>
      </p>
    </>
  );
}

/** The same as the columns, the newest hour first. */
export function HourTable({ hours, countedTo, of }: Hours & { of: readonly HourCounts[] }) {
  return (
    <DataTable
      label="Reads and refreshes by the hour"
      head={
        <>
          <Th>Hour from</Th>
          {of.map(({ title }) => (
            <Th key={title}>{title}</Th>
          ))}
        </>
      }
    >
      {hours
        .map((at, n) => (
          <Tr key={at}>
            <Td>
              <Hour at={at} />
            </Td>
            {of.map(({ title, counts, query }) => (
              <Td key={title}>
                <Figure counted={counts[n] ?? 0} href={addressOf(query, at, countedTo)} label={title} />
              </Td>
            ))}
          </Tr>
        ))
        .toReversed()}
    </DataTable>
  );
}

interface ColumnProps {
  at: string;
  count: number;
  href: string;
  x: number;
  share: number;
  className: string;
}

function Column({ at, count, href, x, share, className }: ColumnProps) {
  const begins = hourText(new Date(at), useZone());
  // A bar that counts anything stays visible.
  const tall = count === 0 ? 0 : Math.max(2, share * (height - 1));
  const ground = <rect x={x + 1} y={height - 1} width="8" height="1" className="fill-line-strong" />;
  if (count === 0) return ground;
  return (
    <NextLink href={href} prefetch={false} tabIndex={-1} className="group">
      <title>{`${begins}: ${count.toLocaleString('en-US')}`}</title>
      <rect x={x} y="0" width="10" height={height} className="fill-transparent group-hover:fill-sunken" />
      <rect x={x + 1} y={(height - tall).toFixed(1)} width="8" height={tall.toFixed(1)} className={className} />
    </NextLink>
  );
}
