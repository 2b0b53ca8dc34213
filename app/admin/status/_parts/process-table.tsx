import { CircleCheck, CircleSlash } from '#app/_ui/icons';
import { Badge } from '#app/_ui/status';
import { Time } from '#app/_ui/time';
import type { GoneProcessesView, ProcessView } from '#lib/status/list-processes';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { ListCount } from '../../_parts/list-count.tsx';

/** The processes on this database. */
export function ProcessTable({ label, processes }: { label: string; processes: ProcessView[] }) {
  if (processes.length === 0)
    return <p className="card p-4 text-soft">No process has said yet that it runs; each does when it starts.</p>;
  return (
    <DataTable
      label={label}
      head={
        <>
          <Th>Process</Th>
          <Th from="sm">State</Th>
          <Th from="md">Host</Th>
          <Th from="lg">Version</Th>
          <Th from="sm">Started</Th>
          <Th from="sm">Last sign</Th>
        </>
      }
    >
      {processes.map((one) => (
        <Tr key={one.id}>
          <Td>
            <code className="font-mono wrap-anywhere">{one.id}</code>
            {one.current && <span className="text-soft"> (answers this page)</span>}
            <div className="mt-1 flex flex-wrap items-center gap-x-2 text-soft @min-[36rem]:hidden">
              <State alive={one.alive} />
              <span>
                started <Time at={one.startedAt} />, last sign <Time at={one.lastSeenAt} />
              </span>
            </div>
          </Td>
          <Td from="sm">
            <State alive={one.alive} />
          </Td>
          <Td from="md">
            <span className="wrap-anywhere">{one.host}</span>
            <span className="tabular text-soft">, pid {one.pid}</span>
          </Td>
          <Td from="lg">{one.version}</Td>
          <Td from="sm">
            <Time at={one.startedAt} />
          </Td>
          <Td from="sm">
            <Time at={one.lastSeenAt} />
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}

/** Processes that ended without a word: the last ones, and how many there are. */
export function GoneProcesses({ gone: { items, counted } }: { gone: GoneProcessesView }) {
  if (items.length === 0) return null;
  return (
    <>
      <p className="mt-6 mb-3 text-meta text-soft">
        <ListCount counted={counted} one="process" many="processes" /> gave no sign of life for a while and did not say
        goodbye. {counted.count > items.length && `The last ${items.length} are shown. `}An hour after its last sign a
        process leaves the list.
      </p>
      <ProcessTable label="Processes without a sign of life" processes={items} />
    </>
  );
}

function State({ alive }: { alive: boolean }) {
  return alive ? (
    <Badge tone="good" icon={CircleCheck}>
      Running
    </Badge>
  ) : (
    <Badge tone="warn" icon={CircleSlash}>
      No sign of life
    </Badge>
  );
}
