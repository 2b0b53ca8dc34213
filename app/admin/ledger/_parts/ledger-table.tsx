import { ChevronRight, CircleAlert, CircleCheck, CircleX, type LucideIcon } from 'lucide-react';
import { Fragment } from 'react';
import { Link } from '#app/_ui/link';
import { Badge } from '#app/_ui/status';
import { Time } from '#app/_ui/time';
import type { LedgerEntryView, Named } from '#lib/audit/list-ledger';
import type { Tone } from '#ui/status-words';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { detailText } from './detail-text.ts';

const looks: Record<'refused' | 'failed', { icon: LucideIcon; tone: Tone; word: string }> = {
  refused: { icon: CircleX, tone: 'warn', word: 'Refused' },
  failed: { icon: CircleAlert, tone: 'bad', word: 'Failed' },
};

/** What happens to a person while they sign in, and so before anybody is signed in. */
const atSignIn = /^(sign_in\.|person\.role_changed$)/;

interface LedgerTableProps {
  entries: LedgerEntryView[];
  /** The address of the same list with one filter more. */
  within: (filter: Record<string, string>) => string;
  /** What a provider is called. */
  nameProvider: (id: string) => string;
}

/** Entries of the ledger. What stands in them leads to everything else with the same. */
export function LedgerTable({ entries, ...parts }: LedgerTableProps) {
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
        <Fragment key={entry.id}>
          <Entry entry={entry} {...parts} />
          <tr className="hidden bg-sunken [tr:has(details[open])+&]:table-row">
            <td colSpan={6} className="p-0">
              {/* As wide as the table is without it, so that opening moves no column. */}
              <div className="w-0 min-w-full px-4 pt-1 pb-3">
                <Details entry={entry} within={parts.within} />
              </div>
            </td>
          </tr>
        </Fragment>
      ))}
    </DataTable>
  );
}

interface PartProps extends Omit<LedgerTableProps, 'entries'> {
  entry: LedgerEntryView;
}

function Entry({ entry, ...parts }: PartProps) {
  return (
    <Tr>
      <Td>
        <div className="flex items-center gap-1">
          <details className="group -ml-2 flex-none">
            <summary className="rounded-md p-1 text-soft hover:bg-line hover:text-ink">
              <ChevronRight aria-hidden="true" className="size-4 transition-transform group-open:rotate-90" />
              <span className="sr-only">Details of entry {entry.id}</span>
            </summary>
          </details>
          <Time at={entry.at} />
        </div>
      </Td>
      <Td>
        <Link href={parts.within({ action: entry.action })} className="font-medium text-ink hover:underline">
          {entry.sentence}
          {entry.count > 1 && (
            <span className="tabular whitespace-nowrap text-soft"> ×{entry.count.toLocaleString('en')}</span>
          )}
        </Link>
        <div className="flex flex-wrap items-center gap-x-2 text-soft @min-[42rem]:hidden">
          <span className="@min-[36rem]:hidden">
            <Outcome entry={entry} />
          </span>
          <Actor entry={entry} within={parts.within} />
        </div>
        <div className="text-soft @min-[54rem]:hidden">
          <About entry={entry} {...parts} />
        </div>
      </Td>
      <Td from="sm">
        <Outcome entry={entry} />
      </Td>
      <Td from="md">
        <Actor entry={entry} within={parts.within} />
      </Td>
      <Td from="lg">
        <About entry={entry} {...parts} />
      </Td>
      <Td from="xl">
        {entry.ip ? (
          <Link href={parts.within({ ip: entry.ip })} className="link font-mono wrap-anywhere">
            {entry.ip}
          </Link>
        ) : (
          <span className="text-soft">inside</span>
        )}
      </Td>
    </Tr>
  );
}

function Outcome({ entry: { outcome, code } }: { entry: LedgerEntryView }) {
  // Most entries went well: the failed ones must stand out.
  if (outcome === 'ok')
    return (
      <span className="inline-flex items-center gap-1 text-soft">
        <CircleCheck aria-hidden="true" className="size-3.5 text-good" />
        OK
      </span>
    );
  const { icon, tone, word } = looks[outcome];
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      <Badge tone={tone} icon={icon}>
        {word}
      </Badge>
      {code && <code className="font-mono text-soft wrap-anywhere">{code}</code>}
    </span>
  );
}

const nameOf = ({ id, name }: Named) => name ?? id;

function Actor({ entry: { actor, action }, within }: Omit<PartProps, 'nameProvider'>) {
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
      return <span className="text-soft">{atSignIn.test(action) ? 'at sign-in' : 'not signed in'}</span>;
  }
}

function About({ entry: { person, apiKey, actor, connectionId, provider }, within, nameProvider }: PartProps) {
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
        {provider ? nameProvider(provider) : 'connection'}
      </Link>
    ),
    !connectionId && provider && (
      <Link key="provider" href={within({ provider })} className="link">
        {nameProvider(provider)}
      </Link>
    ),
  ].filter((part) => part !== null && part !== false && part !== '');
  return parts.length > 0 ? <span className="flex flex-wrap gap-x-2">{parts}</span> : null;
}

function Details({ entry, within }: Pick<PartProps, 'entry' | 'within'>) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 wrap-anywhere">
      {detailText(entry).map(({ name, value, filter }) => (
        <div key={name} className="contents">
          <dt className="text-soft">{name}</dt>
          <dd className="min-w-0 font-mono">
            {filter ? (
              <Link href={within({ [filter]: value })} className="link">
                {value}
              </Link>
            ) : (
              value
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
