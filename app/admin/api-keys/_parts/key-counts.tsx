import type { ReactNode } from 'react';
import { Link } from '#app/_ui/link';
import type { ApiKeyDescription } from '#lib/api-keys/describe-api-key';
import { numberText } from '#ui/number-text';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { DayBars } from './key-use.tsx';

interface KeyCountsProps {
  about: ApiKeyDescription;
  nameProvider: (id: string) => string;
}

/** Tokens read with a key and calls refused, day by day and by provider. */
export function KeyCounts({ about: { days, providers }, nameProvider }: KeyCountsProps) {
  const total = days.reduce(
    (all, { reads, refused }) => ({ reads: all.reads + reads, refused: all.refused + refused }),
    {
      reads: 0,
      refused: 0,
    },
  );
  return (
    <div className="flex flex-col gap-4">
      <p className="tabular text-soft">
        {numberText(total.reads)} tokens read, {numberText(total.refused)} calls refused. Days are of UTC; the hub
        counts about a minute late.
      </p>
      <DayBars days={days} />
      {providers.length > 0 ? (
        <UseTable
          label="Use by provider"
          first="Provider"
          rows={providers.map(({ provider, ...counts }) => ({
            ...counts,
            key: provider,
            name:
              provider === '' ? (
                'none'
              ) : (
                <Link href={`/admin/providers/${encodeURIComponent(provider)}`} className="link">
                  {nameProvider(provider)}
                </Link>
              ),
          }))}
        />
      ) : (
        <p className="text-soft">No call for a token was counted in these days.</p>
      )}
      {total.reads + total.refused > 0 && (
        <details>
          <summary className="link cursor-pointer text-meta">Day by day</summary>
          <div className="mt-3">
            <UseTable
              label="Use by day"
              first="Day"
              rows={days
                .filter(({ reads, refused }) => reads + refused > 0)
                .toReversed()
                .map(({ day, ...counts }) => ({ ...counts, key: day, name: day }))}
            />
          </div>
        </details>
      )}
    </div>
  );
}

interface UseTableProps {
  label: string;
  /** The head of the first column. */
  first: string;
  rows: { key: string; name: ReactNode; reads: number; refused: number }[];
}

/** Reads and refused calls, by provider or by day. */
function UseTable({ label, first, rows }: UseTableProps) {
  return (
    <DataTable
      label={label}
      head={
        <>
          <Th>{first}</Th>
          <Th>Read</Th>
          <Th>Refused</Th>
        </>
      }
    >
      {rows.map(({ key, name, reads, refused }) => (
        <Tr key={key}>
          <Td>
            <span className="wrap-anywhere">{name}</span>
          </Td>
          <Td>
            <span className="tabular">{numberText(reads)}</span>
          </Td>
          <Td>
            <span className="tabular">{numberText(refused)}</span>
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}
