import { Link } from '#app/_ui/link';
import { clauseStates, stateWords } from '#lib/conformance/clause';
import type { ConformanceView, StateCounts } from '#lib/conformance/list';
import { filteredAddress, type ListAddress } from '#ui/list-address';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';

interface SpecificationTableProps {
  view: ConformanceView;
  path: string;
  at: ListAddress;
  chosen: string | undefined;
}

/** Each specification with its clauses by state; its name narrows the list under the table to it. */
export function SpecificationTable({ view, path, at, chosen }: SpecificationTableProps) {
  return (
    <DataTable
      label="Specifications"
      head={
        <>
          <Th>Specification</Th>
          {clauseStates.map((state) => (
            <Th key={state} from="sm">
              {stateWords[state]}
            </Th>
          ))}
        </>
      }
    >
      {view.specifications.map(({ id, name, title, counts }) => (
        <Tr key={id}>
          <Td>
            <Link
              href={filteredAddress(
                path,
                at,
                id === chosen ? { specification: undefined } : { specification: id, state: 'all' },
              )}
              aria-current={id === chosen ? 'true' : undefined}
              className="font-medium hover:text-accent hover:underline aria-[current]:text-accent"
            >
              {name}
            </Link>
            <span className="text-soft">: {title}</span>
            <Folded counts={counts} />
          </Td>
          <Counts counts={counts} />
        </Tr>
      ))}
      <Tr>
        <Td>
          All together
          <Folded counts={view.counts} />
        </Td>
        <Counts counts={view.counts} />
      </Tr>
    </DataTable>
  );
}

function Counts({ counts }: { counts: StateCounts }) {
  return clauseStates.map((state) => (
    <Td key={state} from="sm">
      <span className="tabular">{counts[state]}</span>
    </Td>
  ));
}

/** The counts where there is no room for their columns. */
function Folded({ counts }: { counts: StateCounts }) {
  return (
    <span className="block text-soft @min-[36rem]:hidden">
      {clauseStates.map((state) => `${stateWords[state]} ${counts[state]}`).join(', ')}
    </span>
  );
}
