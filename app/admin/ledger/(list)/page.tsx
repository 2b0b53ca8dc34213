import { Download, Pause, Play, ScrollText, SearchX, ShieldCheck } from 'lucide-react';
import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { StepUpLink } from '#app/_ui/step-up-link';
import { listKeyChoices } from '#lib/api-keys/list-api-keys';
import { ledgerFilterNames, listedActions, readLedgerFilter } from '#lib/audit/ledger-filter';
import { listLedger } from '#lib/audit/list-ledger';
import { nameFilter } from '#lib/audit/name-filter';
import { adminPage, orNotFound } from '#lib/web/page';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';
import { filteredAddress, readListAddress } from '#ui/list-address';
import { LiveTail } from '../../_parts/live-tail.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { LedgerFilters } from '../_parts/ledger-filters.tsx';
import { LedgerTable } from '../_parts/ledger-table.tsx';

export const metadata: Metadata = { title: 'Ledger' };

const path = '/admin/ledger';
const refreshSeconds = 3;

export default async function Ledger({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const search = await searchParams;
  const at = readListAddress(search, [...ledgerFilterNames, 'live']);
  const { live: wanted, ...filters } = at.filters;
  // Only the newest page has a tail.
  const live = wanted === '1' && !at.cursor;
  const filter = readLedgerFilter(filters);
  const [{ items, nextCursor }, names, keys] = await Promise.all([
    orNotFound(listLedger(ctx, { ...filter, cursor: at.cursor, limit: 50 })),
    nameFilter(ctx, filter),
    listKeyChoices(ctx, filters.key),
  ]);
  const flow = flowParams(search);
  const refusal = flow ? refusalSentence(flow.code) : null;
  const filtered = Object.keys(filters).length > 0;
  const within = (more: Record<string, string>) => filteredAddress(path, { ...at, filters }, more);
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
      <LedgerFilters
        path={path}
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
        <ExportForm filters={filters} />
      </div>
      {live && <LiveTail seconds={refreshSeconds} />}
      {items.length > 0 ? (
        <LedgerTable entries={items} within={within} nameProvider={(id) => ctx.providers.get(id)?.name ?? id} />
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

/** Both files; what the filters leave, as a form since it makes an entry. */
function ExportForm({ filters }: { filters: Readonly<Record<string, string>> }) {
  return (
    <form action="/admin/ledger/export" method="post" className="ml-auto flex flex-wrap items-center gap-2">
      {Object.entries(filters).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <span className="text-soft">Export these entries as</span>
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
