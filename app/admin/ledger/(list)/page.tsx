import type { Metadata } from 'next';
import { Clock } from '#app/_ui/clock';
import { EmptyState } from '#app/_ui/empty-state';
import { GoOn } from '#app/_ui/go-on';
import { Download, Pause, Play, ScrollText, SearchX, ShieldCheck } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { StepUpLink } from '#app/_ui/step-up-link';
import { listKeyChoices } from '#lib/api-keys/list-api-keys';
import { countLedger } from '#lib/audit/count-ledger';
import { lastExport } from '#lib/audit/export-ledger';
import { type LedgerFilter, ledgerFilterNames, listedActions, readLedgerFilter } from '#lib/audit/ledger-filter';
import { cursorFrom, listLedger } from '#lib/audit/list-ledger';
import { nameFilter } from '#lib/audit/name-filter';
import { readZone } from '#lib/cookies/zone';
import { readStepUp } from '#lib/sign-in/step-up';
import { wallTime } from '#lib/wall-time';
import { adminPage, inPart, orNotFound } from '#lib/web/page';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';
import { filteredAddress, openedAddress, readListAddress } from '#ui/list-address';
import { numberText } from '#ui/number-text';
import { heavyListRows } from '../../_parts/list-rows.ts';
import { LiveTail } from '../../_parts/live-tail.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { signInUntil } from '../../_parts/step-up-notice.tsx';
import { LedgerFilters } from '../_parts/ledger-filters.tsx';
import { LedgerTable, readOpenEntry } from '../_parts/ledger-table.tsx';
import { TimeFilter } from '../_parts/time-filter.tsx';

export const metadata: Metadata = { title: 'Ledger' };

const path = '/admin/ledger';
const refreshSeconds = 3;

export default async function Ledger({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const search = await searchParams;
  const { zone } = await readZone();
  const at = readListAddress(search, [...ledgerFilterNames, 'live', 'zone']);
  const { live: wanted, zone: asked, ...given } = at.filters;
  const filter = readLedgerFilter({ ...given, zone: asked }, { zone, now: new Date() });
  // Links and the file say moments of UTC, so that they mean the same to readers elsewhere.
  const { range, ...rest } = given;
  const moments = given.from || given.to ? momentsOf(given, filter) : { ...(range && { range }) };
  const filters: Record<string, string> = { ...rest, ...moments };
  // Only the newest page has a tail.
  const live = wanted === '1' && !at.cursor;
  const [{ items, nextCursor }, names, keys, counted, written, stepUp] = await Promise.all([
    orNotFound(listLedger(ctx, { ...filter, cursor: at.cursor, limit: heavyListRows })),
    nameFilter(ctx, filter),
    listKeyChoices(ctx, filters.key),
    inPart(ctx, 'count', countLedger(ctx, filter)),
    inPart(ctx, 'last_export', lastExport(ctx)),
    readStepUp(ctx),
  ]);
  const flow = flowParams(search);
  const refusal = flow ? refusalSentence(flow.code) : null;
  const filtered = Object.keys(filters).length > 0;
  const [newest] = items;
  const begin = newest ? cursorFrom(newest) : '';
  const within = (more: Record<string, string | undefined>) => filteredAddress(path, { ...at, filters }, more);
  return (
    <>
      <StandingFreezes />
      <PageHeading
        title="Ledger"
        action={
          <div className="flex flex-wrap gap-2">
            <Link href="/admin/ledger/seals" className="btn btn-small btn-plain">
              <ShieldCheck aria-hidden="true" className="size-4" />
              Seals
            </Link>
            {!at.cursor && (
              <Link
                href={filteredAddress(path, at, { live: live ? undefined : '1' })}
                className="btn btn-small btn-plain"
              >
                {live ? (
                  <Pause aria-hidden="true" className="size-4" />
                ) : (
                  <Play aria-hidden="true" className="size-4" />
                )}
                {live ? 'Stop following' : 'Follow live'}
              </Link>
            )}
          </div>
        }
      >
        What happened, newest first. It tells who fetched a token; what they did with it afterwards, only the provider
        can tell.
      </PageHeading>
      {refusal && (
        <div className="mb-4">
          <Notice tone="bad" title="The export was not made" reference={flow?.reference ?? undefined} arrival>
            <p>{refusal}</p>
            {flow?.code === 'step_up_required' && (
              <p>
                <StepUpLink returnTo={filteredAddress(path, { ...at, filters }, {})} />
              </p>
            )}
          </Notice>
        </div>
      )}
      <TimeFilter
        chosen={filters.range}
        own={filter.from !== undefined && (filters.from ?? filters.to) !== undefined}
        within={(range) => within({ range, from: undefined, to: undefined })}
      />
      <LedgerFilters
        path={path}
        zone={zone}
        moments={filters.from || filters.to ? { from: filter.from, to: filter.to } : {}}
        filters={filters}
        actions={listedActions.map(({ action, sentence }) => ({ value: action, word: sentence }))}
        providers={ctx.providers.list().map(({ id, name }) => ({ value: id, word: name }))}
        keys={keys.map(({ id, name }) => ({ value: id, word: name }))}
        names={{ person: names.person, connection: names.connection }}
        without={(name) => filteredAddress(path, { ...at, filters }, { [name]: undefined })}
      />
      <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2 text-meta">
        {filtered && (
          <Link href={path} className="link">
            Show all
          </Link>
        )}
        {live && (
          <p role="status" className="text-soft">
            Following: this list is read again every {refreshSeconds} seconds while you are here.
          </p>
        )}
        {written && (
          <p className="text-soft">
            Your last file has {written.rows.toLocaleString('en')} {written.rows === 1 ? 'row' : 'rows'}, complete at{' '}
            <Clock at={written.at.toISOString()} />.
          </p>
        )}
        <ExportForm
          filters={filters}
          zone={zone}
          signInUntil={signInUntil(stepUp)}
          rows={counted && (counted.count === 1 && !counted.capped ? '1 row' : `${numberText(counted)} rows`)}
        />
      </div>
      {live && <LiveTail seconds={refreshSeconds} />}
      {items.length > 0 ? (
        <LedgerTable
          entries={items}
          open={readOpenEntry(search.entry)}
          opened={(entry) => openedAddress(path, { ...at, filters }, entry, begin)}
          within={within}
          nameProvider={(id) => ctx.providers.get(id)?.name ?? id}
        />
      ) : filtered || at.cursor ? (
        <EmptyState icon={SearchX} title="Nothing matches">
          No entry fits these filters. Take one away, or widen the time.
        </EmptyState>
      ) : (
        <EmptyState icon={ScrollText} title="Nothing has happened yet">
          Every sign-in, connection, token read and change stands here from the moment it happens.
        </EmptyState>
      )}
      <Pager path={path} at={at} nextCursor={nextCursor} />
    </>
  );
}

/** The moments of a filter as a link or a form writes them: UTC without the letter. */
function momentsOf(given: Readonly<Record<string, string>>, { from, to }: LedgerFilter): Record<string, string> {
  return {
    ...(given.from && from && { from: wallTime(from, 'UTC') }),
    ...(given.to && to && { to: wallTime(to, 'UTC') }),
  };
}

interface ExportFormProps {
  filters: Readonly<Record<string, string>>;
  /** The reader's, for a named range. */
  zone: string;
  /** Until when the last sign-in counts: milliseconds since 1970. */
  signInUntil: number;
  /** How many there are now; null where they could not be counted. */
  rows: string | null;
}

/** Both files; what the filters leave, as a form since it makes an entry. */
function ExportForm({ filters, zone, signInUntil, rows }: ExportFormProps) {
  return (
    <form action="/admin/ledger/export" method="post" className="ml-auto flex flex-wrap items-center gap-2">
      <GoOn form="export ledger" signInUntil={signInUntil} />
      {Object.entries(filters).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <input type="hidden" name="reader_zone" value={zone} />
      <span className="text-soft">Export {rows ?? 'these entries'} as</span>
      <button type="submit" name="format" value="csv" className="btn btn-small btn-plain">
        <Download aria-hidden="true" className="size-4" />
        CSV
      </button>
      <button type="submit" name="format" value="jsonl" className="btn btn-small btn-plain">
        <Download aria-hidden="true" className="size-4" />
        JSON lines
      </button>
    </form>
  );
}
