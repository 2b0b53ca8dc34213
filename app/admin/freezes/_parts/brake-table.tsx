import { Link } from '#app/_ui/link';
import { Time } from '#app/_ui/time';
import type { FreezeView } from '#lib/freezes/views';
import { brakeActor, brakeAddress, brakeSubject } from '#ui/brake-words';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { ThawButton } from './thaw-button.tsx';

interface BrakeTableProps {
  label: string;
  brakes: FreezeView[];
  /** Until when the reader may lift them; null where they may not, or not just now. */
  thawUntil?: Date | null;
}

/** Brakes with who pulled them and why, and how they were lifted. */
export function BrakeTable({ label, brakes, thawUntil = null }: BrakeTableProps) {
  const lifted = brakes.some((brake) => brake.lifted !== null);
  return (
    <DataTable
      label={label}
      head={
        <>
          <Th>What</Th>
          <Th from="md">Reason</Th>
          <Th from="sm">Frozen</Th>
          {lifted && <Th from="sm">Lifted</Th>}
          {lifted && <Th from="lg">Why</Th>}
          {thawUntil && (
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          )}
        </>
      }
    >
      {brakes.map((brake) => (
        <Tr key={brake.id}>
          <Td>
            <What brake={brake} />
            <span className="block wrap-anywhere text-soft @min-[42rem]:hidden">{brake.reason}</span>
            <span className="block text-soft @min-[36rem]:hidden">
              <Time at={brake.createdAt} /> by {brakeActor(brake.createdBy)}
              {brake.lifted && (
                <>
                  , lifted <Time at={brake.lifted.at} /> by {brakeActor(brake.lifted.by)}
                </>
              )}
            </span>
            {brake.lifted?.reason && (
              <span className="block wrap-anywhere text-soft @min-[54rem]:hidden">Lifted: {brake.lifted.reason}</span>
            )}
          </Td>
          <Td from="md">
            <span className="block max-w-[60ch] min-w-[32ch] wrap-anywhere">{brake.reason}</span>
          </Td>
          <Td from="sm">
            <Time at={brake.createdAt} />
            <span className="block max-w-40 min-w-32 truncate text-soft">by {brakeActor(brake.createdBy)}</span>
          </Td>
          {lifted && (
            <Td from="sm">
              {brake.lifted && (
                <>
                  <Time at={brake.lifted.at} />
                  <span className="block max-w-40 min-w-32 truncate text-soft">by {brakeActor(brake.lifted.by)}</span>
                </>
              )}
            </Td>
          )}
          {lifted && (
            <Td from="lg">
              <span className="block max-w-[60ch] min-w-[20ch] wrap-anywhere">{brake.lifted?.reason}</span>
            </Td>
          )}
          {thawUntil && (
            <Td>{brake.lifted === null && <ThawButton brake={brake} signInUntil={thawUntil.getTime()} />}</Td>
          )}
        </Tr>
      ))}
    </DataTable>
  );
}

function What({ brake }: { brake: FreezeView }) {
  const address = brakeAddress(brake);
  const subject = brakeSubject(brake);
  if (!address) return <span className="block max-w-[40ch] font-medium">{subject}</span>;
  return (
    <Link
      href={address}
      className="block max-w-[40ch] font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
    >
      {subject}
    </Link>
  );
}
