import { Clock } from '#app/_ui/clock';
import { Link } from '#app/_ui/link';
import { Time } from '#app/_ui/time';
import type { FreezeView } from '#lib/freezes/views';
import { actorWords } from '#ui/actor-words';
import { freezeAddress, freezeSubject } from '#ui/freeze-words';
import { DataTable, Td, Th, ThActions, Tr } from '../../_parts/data-table.tsx';
import { RowsByDay } from '../../_parts/rows-by-day.tsx';
import { ThawButton } from './thaw-button.tsx';

interface FreezeTableProps {
  label: string;
  freezes: FreezeView[];
  /** Until when the last sign-in of an administrator counts: milliseconds since 1970; null for other readers. */
  thawUntil?: number | null;
}

/** Freezes with who set them and why; lifted ones under the days on which they began, with how they were lifted. */
export function FreezeTable({ label, freezes, thawUntil = null }: FreezeTableProps) {
  const lifted = freezes.some((freeze) => freeze.lifted !== null);
  const row = (freeze: FreezeView) => (
    <FreezeRow key={freeze.id} freeze={freeze} lifted={lifted} thawUntil={thawUntil} />
  );
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
          {thawUntil !== null && <ThActions />}
        </>
      }
    >
      {lifted ? (
        <RowsByDay items={freezes} at={({ createdAt }) => createdAt} columns={5}>
          {row}
        </RowsByDay>
      ) : (
        freezes.map(row)
      )}
    </DataTable>
  );
}

interface FreezeRowProps extends Required<Pick<FreezeTableProps, 'thawUntil'>> {
  freeze: FreezeView;
  lifted: boolean;
}

function FreezeRow({ freeze, lifted, thawUntil }: FreezeRowProps) {
  // A standing freeze is as old as it is; a lifted one belongs to its day.
  const frozen = lifted ? <Clock at={freeze.createdAt.toISOString()} /> : <Time at={freeze.createdAt} />;
  return (
    <Tr>
      <Td>
        <What freeze={freeze} />
        <span className="block wrap-anywhere text-soft @min-[42rem]:hidden">{freeze.reason}</span>
        <span className="block text-soft @min-[36rem]:hidden">
          {frozen} by {actorWords(freeze.createdBy)}
          {freeze.lifted && (
            <>
              , lifted <Clock at={freeze.lifted.at.toISOString()} dated /> by {actorWords(freeze.lifted.by)}
            </>
          )}
        </span>
        {freeze.lifted?.reason && (
          <span className="block wrap-anywhere text-soft @min-[54rem]:hidden">Lifted: {freeze.lifted.reason}</span>
        )}
      </Td>
      <Td from="md">
        <span className="block max-w-[60ch] min-w-[32ch] wrap-anywhere">{freeze.reason}</span>
      </Td>
      <Td from="sm">
        {frozen}
        <span className="block max-w-40 min-w-32 truncate text-soft">by {actorWords(freeze.createdBy)}</span>
      </Td>
      {lifted && (
        <Td from="sm">
          {freeze.lifted && (
            <>
              <Clock at={freeze.lifted.at.toISOString()} dated />
              <span className="block max-w-40 min-w-32 truncate text-soft">by {actorWords(freeze.lifted.by)}</span>
            </>
          )}
        </Td>
      )}
      {lifted && (
        <Td from="lg">
          <span className="block max-w-[60ch] min-w-[20ch] wrap-anywhere">{freeze.lifted?.reason}</span>
        </Td>
      )}
      {thawUntil !== null && (
        <Td>{freeze.lifted === null && <ThawButton freeze={freeze} signInUntil={thawUntil} />}</Td>
      )}
    </Tr>
  );
}

function What({ freeze }: { freeze: FreezeView }) {
  const address = freezeAddress(freeze);
  const subject = freezeSubject(freeze);
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
