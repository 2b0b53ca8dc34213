import { Link } from '#app/_ui/link';
import { Moment } from '#app/_ui/moment';
import { Time } from '#app/_ui/time';
import type { BulkRowView } from '#lib/revocations/views';
import { hereWords, thereWords } from '#ui/bulk-words';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';

/** What became of each connection, here and at its provider. */
export function BulkRows({ rows }: { rows: BulkRowView[] }) {
  return (
    <DataTable
      label="Connections of this revocation"
      head={
        <>
          <Th>Account</Th>
          <Th from="md">Person</Th>
          <Th from="sm">Here</Th>
          <Th>At the provider</Th>
          <Th from="lg">Attempts</Th>
        </>
      }
    >
      {rows.map((row) => (
        <Tr key={row.connectionId}>
          <Td>
            <Link
              href={`/admin/connections/${row.connectionId}`}
              className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
            >
              {row.label}
            </Link>{' '}
            <span className="text-soft">{row.provider.name}</span>
          </Td>
          <Td from="md">
            <Link href={`/admin/people/${row.person.id}`} className="block max-w-44 truncate hover:underline">
              {row.person.name ?? row.person.id}
            </Link>
          </Td>
          <Td from="sm">
            {hereWords[row.state]}
            {row.code && <code className="ml-2 font-mono">{row.code}</code>}
          </Td>
          <Td>
            <There row={row} />
          </Td>
          <Td from="lg">
            {row.upstream?.attempts}
            {row.upstream?.lastErrorCode && <code className="ml-2 font-mono">{row.upstream.lastErrorCode}</code>}
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}

function There({ row }: { row: BulkRowView }) {
  const { upstream } = row;
  if (!upstream) return null;
  const { provedAt, honouredUntil } = upstream.proof;
  return (
    <>
      {thereWords(row)}
      {provedAt && (
        <>
          {' '}
          <Moment at={provedAt.toISOString()} />
        </>
      )}
      {honouredUntil && honouredUntil > new Date() && (
        <span className="block text-soft">
          may be honoured until <Time at={honouredUntil} />
        </span>
      )}
      {upstream.state === 'unsupported' && upstream.manualUrl && (
        <a href={upstream.manualUrl} rel="noreferrer" className="link block">
          by hand
        </a>
      )}
    </>
  );
}
