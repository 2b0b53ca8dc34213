import { ArrowDown, ArrowUp } from '#app/_ui/icons';
import { LifeBar } from '#app/_ui/life-bar';
import { Link } from '#app/_ui/link';
import { ProviderMark } from '#app/_ui/provider-mark';
import { Status } from '#app/_ui/status';
import { Time, TimeOr } from '#app/_ui/time';
import type { AdminConnectionView } from '#lib/connections/views';
import type { Relaxation } from '#lib/providers/relaxations';
import { proofShort } from '#ui/evidence-words';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { SelectAll } from './selection.tsx';

interface ConnectionTableProps {
  connections: AdminConnectionView[];
  /** What each provider's record leaves out dangerously, by its id. */
  relaxations: ReadonlyMap<string, readonly Relaxation[]>;
  selectable: boolean;
  sort: 'newest' | 'oldest';
  /** The list in the other order. */
  sortAddress: string;
}

/** Connections, one a row; narrow screens get two lines instead of columns. */
export function ConnectionTable({ connections, relaxations, selectable, sort, sortAddress }: ConnectionTableProps) {
  const Arrow = sort === 'newest' ? ArrowDown : ArrowUp;
  return (
    <DataTable
      label="Connections"
      head={
        <>
          {selectable && (
            <th scope="col" className="w-10 pl-4">
              <SelectAll />
            </th>
          )}
          <Th>Account</Th>
          <Th from="md">Person</Th>
          <Th from="md">Status</Th>
          <Th from="2xl">Token</Th>
          <Th from="lg">Last used</Th>
          <Th from="xl" sorted={sort === 'newest' ? 'descending' : 'ascending'}>
            <Link href={sortAddress} className="inline-flex items-center gap-1 rounded hover:text-ink">
              Created
              <Arrow aria-hidden="true" className="size-3.5" />
            </Link>
          </Th>
        </>
      }
    >
      {connections.map((connection) => (
        <Row
          key={connection.id}
          connection={connection}
          relaxations={relaxations.get(connection.provider.id) ?? []}
          selectable={selectable}
        />
      ))}
    </DataTable>
  );
}

/** The person, by name, e-mail or id, whichever the hub knows; one of an application with its name, since it named them. */
export function personName({ id, name, email, identity }: AdminConnectionView['person']): string {
  if (identity.kind === 'hub') return name ?? email ?? id;
  return `${name ?? identity.user ?? id} (through ${identity.applicationName ?? identity.application})`;
}

function Row({
  connection,
  relaxations,
  selectable,
}: {
  connection: AdminConnectionView;
  relaxations: readonly Relaxation[];
  selectable: boolean;
}) {
  const { id, account, provider, person, status, beneath, token, lastUsedAt, lastUsedBy, createdAt, revocation } =
    connection;
  const label = account.label || account.subject;
  return (
    <Tr>
      {selectable && (
        <td className="w-10 pl-4">
          {status !== 'revoked' && (
            <input
              type="checkbox"
              value={id}
              data-select=""
              aria-label={`Select ${label}, ${provider.name}`}
              className="block"
            />
          )}
        </td>
      )}
      <Td>
        <div className="flex items-center gap-2">
          <ProviderMark provider={provider} size="small" />
          <div className="min-w-0">
            <Link
              href={`/admin/connections/${id}`}
              className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
            >
              {label}
            </Link>
            <span className="wrap-anywhere text-soft">
              {' '}
              {provider.name}
              <Relaxations words={relaxations} />
            </span>
            <div className="mt-1 flex flex-wrap items-center gap-x-2 text-soft @min-[42rem]:hidden">
              <Status status={status} />
              <span className="max-w-28 truncate sm:max-w-60">{personName(person)}</span>
            </div>
          </div>
        </div>
      </Td>
      <Td from="md">
        <span className="block max-w-44 truncate">{personName(person)}</span>
      </Td>
      <Td from="md">
        <Status status={status} />
        {beneath === 'needs_reconnect' && <span className="block text-soft">needs reconnect once thawed</span>}
        {revocation && <span className="block text-soft">{proofShort(revocation)}</span>}
      </Td>
      <Td from="2xl">{status === 'revoked' ? null : <LifeBar token={token} words="short" />}</Td>
      <Td from="lg">
        <span className="block max-w-60 truncate">
          <TimeOr at={lastUsedAt} otherwise="never" />
          {lastUsedBy && <span className="hidden text-soft @min-[80rem]:inline"> by {lastUsedBy.name}</span>}
        </span>
      </Td>
      <Td from="xl">
        <Time at={createdAt} />
      </Td>
    </Tr>
  );
}

/** Stands beside each provider that its record spares a check, so that administrators see it. */
export function Relaxations({ words }: { words: readonly Relaxation[] }) {
  return words.map((word) => (
    <span key={word} className="ml-2 rounded bg-warn-tint px-1.5 font-medium whitespace-nowrap text-warn">
      {word}
    </span>
  ));
}
