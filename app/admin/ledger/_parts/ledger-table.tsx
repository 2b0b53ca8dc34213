import { CircleAlert, CircleCheck, CircleX, type LucideIcon } from 'lucide-react';
import { Link } from '#app/_ui/link';
import { Badge } from '#app/_ui/status';
import { Time } from '#app/_ui/time';
import type { LedgerEntryView, Named } from '#lib/audit/list-ledger';
import type { Tone } from '#ui/status-words';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { detailText } from './detail-text.ts';

const looks: Record<LedgerEntryView['outcome'], { icon: LucideIcon; tone: Tone; word: string }> = {
  ok: { icon: CircleCheck, tone: 'good', word: 'OK' },
  refused: { icon: CircleX, tone: 'warn', word: 'Refused' },
  failed: { icon: CircleAlert, tone: 'bad', word: 'Failed' },
};

interface LedgerTableProps {
  entries: LedgerEntryView[];
  /** The address of the same list with one filter more. */
  within: (filter: Record<string, string>) => string;
}

/** Entries of the ledger. What stands in them leads to everything else with the same. */
export function LedgerTable({ entries, within }: LedgerTableProps) {
  return (
    <DataTable
      label="Ledger"
      head={
        <>
          <Th>When</Th>
          <Th>What</Th>
          <Th from="sm">Outcome</Th>
          <Th from="md">By</Th>
          <Th from="lg">About</Th>
          <Th from="xl">From</Th>
        </>
      }
    >
      {entries.map((entry) => (
        <Tr key={entry.id}>
          <Td>
            <Time at={entry.at} />
          </Td>
          <Td>
            <div className="md:py-1">
              <Link href={within({ action: entry.action })} className="font-medium text-ink hover:underline">
                {entry.sentence}
                {entry.count > 1 && <span className="tabular"> ×{entry.count.toLocaleString('en')}</span>}
              </Link>
              <details className="text-soft">
                <summary className="cursor-pointer">Details</summary>
                <Details entry={entry} />
              </details>
            </div>
            <div className="flex flex-wrap items-center gap-x-2 text-soft @min-[36rem]:hidden">
              <Outcome entry={entry} />
              <Actor entry={entry} within={within} />
            </div>
          </Td>
          <Td from="sm">
            <Outcome entry={entry} />
          </Td>
          <Td from="md">
            <Actor entry={entry} within={within} />
          </Td>
          <Td from="lg">
            <About entry={entry} within={within} />
          </Td>
          <Td from="xl">
            {entry.ip ? (
              <Link href={within({ ip: entry.ip })} className="link font-mono wrap-anywhere">
                {entry.ip}
              </Link>
            ) : (
              <span className="text-soft">inside</span>
            )}
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}

function Outcome({ entry: { outcome, code } }: { entry: LedgerEntryView }) {
  const { icon, tone, word } = looks[outcome];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
      {code && <code className="font-mono font-normal">{code}</code>}
    </Badge>
  );
}

const nameOf = ({ id, name }: Named) => name ?? id;

interface PartProps extends Pick<LedgerTableProps, 'within'> {
  entry: LedgerEntryView;
}

function Actor({ entry: { actor }, within }: PartProps) {
  switch (actor.type) {
    case 'api_key':
      return (
        <Link href={within({ key: actor.id })} className="link wrap-anywhere">
          {nameOf(actor)}
        </Link>
      );
    case 'person':
      return (
        <Link
          href={actor.name === null ? within({ person: actor.id }) : `/admin/people/${actor.id}`}
          className="link wrap-anywhere"
        >
          {nameOf(actor)}
        </Link>
      );
    case 'system':
      return <span className="text-soft">Grantkeep ({actor.id})</span>;
    case 'anonymous':
      return <span className="text-soft">nobody signed in</span>;
  }
}

function About({ entry: { person, apiKey, actor, connectionId, provider }, within }: PartProps) {
  const parts = [
    person && person.id !== actor.id && (
      <Link key="person" href={within({ person: person.id })} className="link wrap-anywhere">
        {nameOf(person)}
      </Link>
    ),
    apiKey && apiKey.id !== actor.id && (
      <Link key="key" href={within({ key: apiKey.id })} className="link wrap-anywhere">
        {nameOf(apiKey)}
      </Link>
    ),
    connectionId && (
      <Link key="connection" href={`/admin/connections/${connectionId}`} className="link">
        {provider ?? 'connection'}
      </Link>
    ),
    !connectionId && provider && (
      <Link key="provider" href={within({ provider })} className="link">
        {provider}
      </Link>
    ),
  ].filter((part) => part !== null && part !== false && part !== '');
  return parts.length > 0 ? <span className="flex flex-wrap gap-x-2">{parts}</span> : null;
}

function Details({ entry }: { entry: LedgerEntryView }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 py-1 wrap-anywhere">
      {detailText(entry).map(([name, value]) => (
        <div key={name} className="contents">
          <dt>{name}</dt>
          <dd className="font-mono">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
