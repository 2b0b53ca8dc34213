import { Fragment } from 'react';
import { Clock } from '#app/_ui/clock';
import { DayName } from '#app/_ui/day-heading';
import { ChevronRight, CircleAlert, CircleCheck, CircleX, type IconComponent } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Badge } from '#app/_ui/status';
import type { LedgerEntryView, Named } from '#lib/audit/list-ledger';
import { readZone } from '#lib/cookies/zone';
import { byDay } from '#ui/days';
import type { Tone } from '#ui/status-words';
import { DataTable, DayRow, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { EntryDetails } from './entry-details.tsx';

const looks: Record<'refused' | 'failed', { icon: IconComponent; tone: Tone; word: string }> = {
  refused: { icon: CircleX, tone: 'warn', word: 'Refused' },
  failed: { icon: CircleAlert, tone: 'bad', word: 'Failed' },
};

/** What happens to a person while they sign in, and so before anybody is signed in. */
const atSignIn = /^(sign_in\.|person\.role_changed$)/;

interface LedgerTableProps {
  entries: LedgerEntryView[];
  /** The entry that stands open. */
  open: number | null;
  /** The address of the same page with an entry open; null: with none. */
  opened: (entry: number | null) => string;
  /** The address of the same list with one filter more. */
  within: (filter: Record<string, string>) => string;
  /** What a provider is called. */
  nameProvider: (id: string) => string;
}

/** The entry that an address opens; null where it names none. */
export const readOpenEntry = (text: string | string[] | undefined): number | null =>
  typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : null;

/**
 * Entries of the ledger under their days. A row has one link, which opens the entry; what stands in the open one leads to
 * everything else with the same.
 */
export async function LedgerTable({ entries, open, opened, within, nameProvider }: LedgerTableProps) {
  const { zone } = await readZone();
  return (
    <DataTable
      label="Ledger"
      head={
        <>
          <Th>Time</Th>
          <Th>What</Th>
          <Th from="sm">Outcome</Th>
          <Th from="md">By</Th>
          <Th from="lg">About</Th>
          <Th from="xl">From</Th>
        </>
      }
    >
      {byDay(entries, ({ at }) => at, zone, new Date()).map((day) => (
        <Fragment key={day.day}>
          <DayRow columns={6}>
            <DayName day={day} />
          </DayRow>
          {day.items.map((entry) => (
            <Fragment key={entry.id}>
              <Entry
                entry={entry}
                isOpen={entry.id === open}
                address={opened(entry.id === open ? null : entry.id)}
                nameProvider={nameProvider}
              />
              {entry.id === open && (
                <tr className="bg-sunken">
                  <td colSpan={6} className="p-0">
                    {/* As wide as the table is without it, so that opening moves no column. */}
                    <div className="w-0 min-w-full px-4 pt-1 pb-3">
                      <EntryDetails entry={entry} within={within} nameProvider={nameProvider} />
                    </div>
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </Fragment>
      ))}
    </DataTable>
  );
}

interface EntryProps {
  entry: LedgerEntryView;
  isOpen: boolean;
  address: string;
  nameProvider: (id: string) => string;
}

function Entry({ entry, isOpen, address, nameProvider }: EntryProps) {
  const { id, at, sentence, count, ip } = entry;
  const [by, about] = [actorText(entry), aboutText(entry, nameProvider)];
  return (
    <Tr>
      <Td>
        <span id={`entry-${id}`} className="scroll-mt-12">
          <Clock at={at.toISOString()} seconds />
        </span>
      </Td>
      <Td>
        <Link
          href={`${address}#entry-${id}`}
          aria-current={isOpen ? 'true' : undefined}
          className="inline-flex items-center gap-1 font-medium text-ink hover:underline"
        >
          <ChevronRight aria-hidden="true" className={`size-4 flex-none text-soft ${isOpen ? 'rotate-90' : ''}`} />
          {sentence}
          {count > 1 && <span className="tabular whitespace-nowrap text-soft"> ×{count.toLocaleString('en')}</span>}
        </Link>
        <div className="pl-5 text-soft wrap-anywhere @min-[54rem]:hidden">
          <span className="@min-[36rem]:hidden">{outcomeText(entry)} · </span>
          <span className="@min-[42rem]:hidden">{about ? `${by} · ` : by}</span>
          {about && <span>{about}</span>}
        </div>
      </Td>
      <Td from="sm">
        <Outcome entry={entry} />
      </Td>
      <Td from="md">
        <span className="block min-w-32 wrap-anywhere">{by}</span>
      </Td>
      <Td from="lg">
        <span className="block min-w-32 wrap-anywhere">{about}</span>
      </Td>
      <Td from="xl">{ip ? <span className="block min-w-[16ch] font-mono wrap-anywhere">{ip}</span> : 'inside'}</Td>
    </Tr>
  );
}

const outcomeText = ({ outcome, code }: LedgerEntryView): string =>
  outcome === 'ok' ? 'OK' : `${looks[outcome].word}${code ? ` ${code}` : ''}`;

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

function actorText({ actor, action }: LedgerEntryView): string {
  switch (actor.type) {
    case 'api_key':
    case 'person':
      return nameOf(actor);
    case 'system':
      return `Grantkeep (${actor.id})`;
    case 'anonymous':
      return atSignIn.test(action) ? 'at sign-in' : 'not signed in';
  }
}

/** Of whom and what it tells, beside its actor. */
function aboutText(
  { person, apiKey, actor, connectionId, provider }: LedgerEntryView,
  nameProvider: (id: string) => string,
): string {
  const parts = [
    person && person.id !== actor.id ? nameOf(person) : null,
    apiKey && apiKey.id !== actor.id ? nameOf(apiKey) : null,
    provider ? nameProvider(provider) : connectionId ? 'connection' : null,
  ];
  return parts.filter((part) => part !== null).join(', ');
}
