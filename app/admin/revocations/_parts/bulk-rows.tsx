import { Link } from '#app/_ui/link';
import { Moment } from '#app/_ui/moment';
import { Time, TimeOr } from '#app/_ui/time';
import type { BulkRowView } from '#lib/bulk-revocation/views';
import { hereWords, thereWords } from '#ui/bulk-words';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';

/** What became of each connection, here and at its provider; of a preview, how old each is and when it was last read. */
export function BulkRows({ rows, prepared }: { rows: BulkRowView[]; prepared: boolean }) {
  return (
    <DataTable
      label="Connections of this revocation"
      head={
        <>
          <Th>Account</Th>
          <Th from="md">Person</Th>
          {prepared ? (
            <>
              <Th from="lg">Connected</Th>
              <Th>Last read</Th>
            </>
          ) : (
            <>
              <Th from="sm">Here</Th>
              <Th>At the provider</Th>
              <Th from="lg">Attempts</Th>
            </>
          )}
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
            <span className="wrap-anywhere text-soft">{row.provider.name}</span>
            <span className="block max-w-40 truncate text-soft @min-[42rem]:hidden">
              {row.person.name ?? row.person.id}
            </span>
          </Td>
          <Td from="md">
            <span className="block max-w-44 truncate">{row.person.name ?? row.person.id}</span>
          </Td>
          {prepared ? <Before row={row} /> : <Outcome row={row} />}
        </Tr>
      ))}
    </DataTable>
  );
}

function Before({ row }: { row: BulkRowView }) {
  return (
    <>
      <Td from="lg">
        <Time at={row.connectedAt} />
      </Td>
      <Td>
        <TimeOr at={row.lastUsedAt} otherwise="never" />
      </Td>
    </>
  );
}

function Outcome({ row }: { row: BulkRowView }) {
  const { state, code, upstream } = row;
  return (
    <>
      <Td from="sm">
        <span className="whitespace-nowrap">{hereWords[state]}</span>
        {code && <code className="block font-mono">{code}</code>}
      </Td>
      <Td>
        <There row={row} />
        {state !== 'revoked' && <span className="block text-soft @min-[36rem]:hidden">here: {hereWords[state]}</span>}
      </Td>
      <Td from="lg">
        {upstream?.attempts}
        {upstream?.lastErrorCode && <code className="ml-2 font-mono">{upstream.lastErrorCode}</code>}
      </Td>
    </>
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
          may be honoured until <Moment at={honouredUntil.toISOString()} />
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
