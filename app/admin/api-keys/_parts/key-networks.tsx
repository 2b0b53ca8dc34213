import { Time } from '#app/_ui/time';
import type { ApiKeyDescription } from '#lib/api-keys/describe-api-key';
import { numberText } from '#ui/number-text';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';

/** Networks from which tokens were read with a key. */
export function KeyNetworks({ networks }: Pick<ApiKeyDescription, 'networks'>) {
  if (networks.length === 0) return <p className="text-soft">No token was read with this key yet.</p>;
  return (
    <DataTable
      label="Networks"
      head={
        <>
          <Th>Network</Th>
          <Th from="sm">First seen</Th>
          <Th>Last seen</Th>
          <Th>Reads</Th>
        </>
      }
    >
      {networks.map(({ network, firstSeenAt, lastSeenAt, reads }) => (
        <Tr key={network}>
          <Td>
            <code className="font-mono wrap-anywhere">{network}</code>
          </Td>
          <Td from="sm">
            <Time at={firstSeenAt} />
          </Td>
          <Td>
            <Time at={lastSeenAt} />
          </Td>
          <Td>
            <span className="tabular">{numberText(reads)}</span>
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}
