import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { AppWindow, Plus, SearchX } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Time } from '#app/_ui/time';
import { listApplications } from '#lib/applications/list';
import type { ApplicationView } from '#lib/applications/views';
import { isSearchable } from '#lib/search-text';
import { adminPage, orNotFound } from '#lib/web/page';
import type { SearchParams } from '#ui/flow-result';
import { filteredAddress, readListAddress } from '#ui/list-address';
import { numberText } from '#ui/number-text';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { FilterSelect } from '../../_parts/filter-select.tsx';
import { listRows } from '../../_parts/list-rows.ts';
import { SearchField } from '../../_parts/search-field.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { ApplicationStatus } from '../_parts/application-status.tsx';

export const metadata: Metadata = { title: 'Applications' };

const path = '/admin/applications';

export default async function Applications({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const at = readListAddress(await searchParams, ['q', 'status', 'sort']);
  const { q } = at.filters;
  const status = (['active', 'disabled'] as const).find((one) => one === at.filters.status);
  const sort = at.filters.sort === 'oldest' ? 'oldest' : 'newest';
  const searched = q === undefined || isSearchable(q);
  const filter = { query: searched ? q : undefined, status, sort, cursor: at.cursor } as const;
  const { items, nextCursor } = await orNotFound(listApplications(ctx, { ...filter, limit: listRows }));
  const administrator = ctx.actor.role === 'administrator';
  const filtered = q !== undefined || status !== undefined;
  const register = administrator && (
    <Link href={`${path}/new`} className="btn btn-small btn-primary">
      <Plus aria-hidden="true" className="size-4" />
      Register application
    </Link>
  );
  return (
    <>
      <StandingFreezes />
      <PageHeading title="Applications" action={register}>
        Applications with users of their own, who connect accounts without signing in here.
      </PageHeading>
      {(items.length > 0 || filtered || at.cursor) && (
        <form action={path} className="mb-4 flex flex-wrap items-center gap-2">
          <SearchField label="Search applications" placeholder="Name or id" value={q} />
          <FilterSelect
            name="status"
            label="Status"
            all="Active and disabled"
            value={status}
            choices={[
              { value: 'active', word: 'Active' },
              { value: 'disabled', word: 'Disabled' },
            ]}
          />
          {sort === 'oldest' && <input type="hidden" name="sort" value="oldest" />}
          <button type="submit" className="btn btn-small btn-plain">
            Filter
          </button>
        </form>
      )}
      {!searched && <p className="mb-4 text-meta text-soft">A search needs at least three letters or digits.</p>}
      {items.length > 0 ? (
        <ApplicationTable
          applications={items}
          sort={sort}
          sortAddress={filteredAddress(path, at, { sort: sort === 'newest' ? 'oldest' : undefined })}
        />
      ) : filtered || at.cursor ? (
        <EmptyState icon={SearchX} title="No application matches">
          No application fits these filters. Take one away, or search for another part of the name.
        </EmptyState>
      ) : (
        <EmptyState icon={AppWindow} title="No applications yet">
          {administrator ? 'The first that you register' : 'The first that an administrator registers'} stands here,
          with its keys, its people and their connections.
        </EmptyState>
      )}
      <Pager path={path} at={at} nextCursor={nextCursor} />
    </>
  );
}

interface ApplicationTableProps {
  applications: ApplicationView[];
  sort: 'newest' | 'oldest';
  /** The same list in the other order. */
  sortAddress: string;
}

function ApplicationTable({ applications, sort, sortAddress }: ApplicationTableProps) {
  return (
    <DataTable
      label="Applications"
      head={
        <>
          <Th>Application</Th>
          <Th from="sm">Status</Th>
          <Th from="sm">People</Th>
          <Th>Connections</Th>
          <Th from="md">Keys</Th>
          <Th from="lg">Providers</Th>
          <Th from="lg">
            <Link href={sortAddress} className="hover:text-accent hover:underline">
              Registered, {sort} first
            </Link>
          </Th>
        </>
      }
    >
      {applications.map((one) => (
        <Tr key={one.id}>
          <Td>
            <Link href={`${path}/${one.id}`} className="link font-medium wrap-anywhere">
              {one.name}
            </Link>
            <span className="block text-soft wrap-anywhere">{one.contact}</span>
            {one.status === 'disabled' && (
              <span className="block @min-[36rem]:hidden">
                <ApplicationStatus status="disabled" />
              </span>
            )}
          </Td>
          <Td from="sm">
            <ApplicationStatus status={one.status} />
          </Td>
          <Td from="sm">
            <span className="tabular">{numberText(one.people)}</span>
          </Td>
          <Td>
            <span className="tabular">{numberText(one.connections)}</span>
          </Td>
          <Td from="md">
            <span className="tabular">{numberText(one.keys)}</span>
          </Td>
          <Td from="lg">{one.providers?.join(', ') ?? 'every one'}</Td>
          <Td from="lg">
            <Time at={one.createdAt} />
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}
