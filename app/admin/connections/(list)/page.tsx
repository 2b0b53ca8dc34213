import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { Plug, SearchX } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { listApplicationChoices } from '#lib/applications/list';
import { countConnections } from '#lib/connections/count';
import { readConcern } from '#lib/connections/filter';
import { listConnections } from '#lib/connections/list';
import { relaxationsOf } from '#lib/providers/relaxations';
import { isSearchable } from '#lib/search-text';
import { listSickProviders } from '#lib/status/provider-health';
import { adminPage, inPart, orNotFound } from '#lib/web/page';
import { concernWords } from '#ui/concern-words';
import type { SearchParams } from '#ui/flow-result';
import { filteredAddress, readListAddress } from '#ui/list-address';
import { statusWords } from '#ui/status-words';
import { FilterChip } from '../../_parts/filter-chip.tsx';
import { FilterSelect } from '../../_parts/filter-select.tsx';
import { FilterSummary } from '../../_parts/filter-summary.tsx';
import { heavyListRows } from '../../_parts/list-rows.ts';
import { SearchField } from '../../_parts/search-field.tsx';
import { SickProviders } from '../../_parts/sick-providers.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { BringBack } from '../_parts/bring-back.tsx';
import { ConnectionTable, personName } from '../_parts/connection-table.tsx';
import { SelectionBar } from '../_parts/selection.tsx';

export const metadata: Metadata = { title: 'Connections' };

const path = '/admin/connections';
const statuses = Object.keys(statusWords) as (keyof typeof statusWords)[];

export default async function AdminConnections({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const at = readListAddress(await searchParams, [
    'q',
    'provider',
    'status',
    'person',
    'application',
    'concern',
    'sort',
  ]);
  const { q, provider, person, application } = at.filters;
  const sort = at.filters.sort === 'oldest' ? 'oldest' : 'newest';
  const status = statuses.find((one) => one === at.filters.status);
  const concern = readConcern(at.filters.concern);
  const searched = q === undefined || isSearchable(q);
  const filter = { query: searched ? q : undefined, provider, status, personId: person, application, concern };
  const [{ items, nextCursor }, counted, applications] = await orNotFound(
    Promise.all([
      listConnections(ctx, { ...filter, sort, cursor: at.cursor, limit: heavyListRows }),
      countConnections(ctx, filter),
      listApplicationChoices(ctx, application),
    ]),
  );
  const sick = await inPart(ctx, 'provider_health', listSickProviders(ctx));
  const providers = ctx.providers.list();
  const administrator = ctx.actor.role === 'administrator';
  const filtered = [q, provider, status, person, application, concern].some((filter) => filter !== undefined);
  return (
    <>
      <StandingFreezes />
      <PageHeading title="Connections">Every grant that this hub keeps.</PageHeading>
      <SickProviders providers={sick ?? []} statusPage />
      <form action={path} className="mb-4 flex flex-wrap gap-2">
        <SearchField label="Search connections" placeholder="Account, person or id" value={q} />
        <FilterSelect
          name="provider"
          label="Provider"
          all="All providers"
          value={provider}
          choices={providers.map(({ id, name }) => ({ value: id, word: name }))}
        />
        <FilterSelect
          name="status"
          label="Status"
          all="All statuses"
          value={status}
          choices={statuses.map((one) => ({ value: one, word: statusWords[one].word }))}
        />
        {applications.length > 0 && (
          <FilterSelect
            name="application"
            label="Application"
            all="Of the hub and of applications"
            value={application}
            choices={applications.map(({ id, name }) => ({ value: id, word: name }))}
          />
        )}
        {person && <input type="hidden" name="person" value={person} />}
        {concern && <input type="hidden" name="concern" value={concern} />}
        {sort === 'oldest' && <input type="hidden" name="sort" value="oldest" />}
        <button type="submit" className="btn btn-small btn-plain">
          Filter
        </button>
      </form>
      <FilterSummary
        path={path}
        counted={counted}
        one="connection"
        many="connections"
        filtered={filtered}
        searched={searched}
      >
        {person && (
          <FilterChip href={filteredAddress(path, at, { person: undefined })}>
            Person: {items[0] ? personName(items[0].person) : person}
          </FilterChip>
        )}
        {concern && (
          <FilterChip href={filteredAddress(path, at, { concern: undefined })} title={concernWords[concern].about}>
            {concernWords[concern].word}
          </FilterChip>
        )}
      </FilterSummary>
      {administrator && status === 'needs_reconnect' && <BringBack ctx={ctx} only={provider} />}
      {administrator && <SelectionBar />}
      {items.length > 0 ? (
        <ConnectionTable
          connections={items}
          relaxations={new Map(providers.map((one) => [one.id, relaxationsOf(one)]))}
          selectable={administrator}
          sort={sort}
          sortAddress={filteredAddress(path, at, { sort: sort === 'newest' ? 'oldest' : undefined })}
        />
      ) : filtered || at.cursor ? (
        <EmptyState icon={SearchX} title="Nothing matches">
          No connection fits these filters. Take one away, or search for another part of the account’s name.
        </EmptyState>
      ) : (
        <EmptyState icon={Plug} title="No connections yet">
          Accounts that people connect on their own page stand here:{' '}
          <Link href="/connections" className="link">
            connect one of yours
          </Link>
          .
        </EmptyState>
      )}
      <Pager path={path} at={at} nextCursor={nextCursor} />
    </>
  );
}
