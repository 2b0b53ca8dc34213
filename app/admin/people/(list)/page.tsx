import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { CircleCheck, CircleSlash, SearchX, Users } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Badge } from '#app/_ui/status';
import { Time, TimeOr } from '#app/_ui/time';
import { listApplicationChoices } from '#lib/applications/list';
import { countPeople } from '#lib/people/count';
import { listPeople } from '#lib/people/list';
import type { PersonView } from '#lib/people/views';
import { isSearchable } from '#lib/search-text';
import { adminPage, orNotFound } from '#lib/web/page';
import { flowParams, type SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { roles, roleWords } from '#ui/role-words';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { FilterSelect } from '../../_parts/filter-select.tsx';
import { FilterSummary } from '../../_parts/filter-summary.tsx';
import { listRows } from '../../_parts/list-rows.ts';
import { SearchField } from '../../_parts/search-field.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { idsText } from '../../applications/_parts/ids-text.ts';

export const metadata: Metadata = { title: 'People' };

const path = '/admin/people';

export default async function People({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const search = await searchParams;
  const at = readListAddress(search, ['q', 'role', 'status', 'application']);
  const { q, application } = at.filters;
  const role = roles.find((one) => one === at.filters.role);
  const status = (['active', 'disabled'] as const).find((one) => one === at.filters.status);
  const searched = q === undefined || isSearchable(q);
  const filter = { query: searched ? q : undefined, role, status, application };
  const [{ items, nextCursor }, counted, applications] = await orNotFound(
    Promise.all([
      listPeople(ctx, { ...filter, cursor: at.cursor, limit: listRows }),
      countPeople(ctx, filter),
      listApplicationChoices(ctx, application),
    ]),
  );
  const filtered = Object.keys(at.filters).length > 0;
  return (
    <>
      <StandingFreezes />
      <PageHeading title="People">
        Everybody who has signed in, or connected through an application. Newest first.
      </PageHeading>
      {flowParams(search)?.code === 'person_deleted' && (
        <div className="mb-4">
          <Notice tone="good" title="The person is deleted" arrival>
            <p>Their connections are revoked here; the providers are asked again until they confirm.</p>
          </Notice>
        </div>
      )}
      {flowParams(search)?.code === 'person_deletion_begun' && (
        <div className="mb-4">
          <Notice tone="good" title="The deletion has begun" arrival>
            <p>
              The person is shut out. Their connections are revoked and erased one after the other, which goes on by
              itself and ends with an entry in the ledger.
            </p>
          </Notice>
        </div>
      )}
      <form action={path} className="mb-4 flex flex-wrap items-center gap-2">
        <SearchField label="Search people" placeholder="Name, e-mail or id" value={q} />
        <FilterSelect
          name="role"
          label="Role"
          all="All roles"
          value={role}
          choices={roles.map((one) => ({ value: one, word: roleWords[one].word }))}
        />
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
        {applications.length > 0 && (
          <FilterSelect
            name="application"
            label="Application"
            all="Of the hub and of applications"
            value={application}
            choices={applications.map(({ id, name }) => ({ value: id, word: name }))}
          />
        )}
        <button type="submit" className="btn btn-small btn-plain">
          Filter
        </button>
      </form>
      <FilterSummary path={path} counted={counted} one="person" many="people" filtered={filtered} searched={searched} />
      {items.length > 0 ? (
        <PeopleTable people={items} nameProvider={(id) => ctx.providers.get(id)?.name ?? id} />
      ) : filtered || at.cursor ? (
        <EmptyState icon={SearchX} title="No person matches">
          No person fits these filters. Take one away, or search for another part of the name.
        </EmptyState>
      ) : (
        <EmptyState icon={Users} title="No people yet">
          People stand here from their first sign-in on, or from their first connection through an application.
        </EmptyState>
      )}
      <Pager path={path} at={at} nextCursor={nextCursor} />
    </>
  );
}

function PeopleTable({ people, nameProvider }: { people: PersonView[]; nameProvider: (id: string) => string }) {
  return (
    <DataTable
      label="People"
      head={
        <>
          <Th>Person</Th>
          <Th>Role</Th>
          <Th from="sm">Status</Th>
          <Th from="sm">Connections</Th>
          <Th from="lg">Signs in with</Th>
          <Th from="md">Last signed in</Th>
          <Th from="xl">First seen</Th>
        </>
      }
    >
      {people.map((person) => (
        <Tr key={person.id}>
          <Td>
            <Link
              href={`${path}/${person.id}`}
              className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
            >
              {person.name ?? person.email ?? person.application?.user ?? person.id}
            </Link>
            {person.application && (
              <span className="block max-w-48 text-soft wrap-anywhere sm:max-w-52 2xl:max-w-80">
                through {person.application.name}, there {idsText(person.application)}
              </span>
            )}
            {person.name && person.email && (
              <span className="block max-w-48 truncate text-soft sm:max-w-52 2xl:max-w-80" title={person.email}>
                {person.email}
              </span>
            )}
            {person.status === 'disabled' && (
              <span className="block @min-[36rem]:hidden">
                <PersonStatus status="disabled" />
              </span>
            )}
          </Td>
          <Td>{person.application ? <span className="text-soft">none</span> : roleWords[person.role].word}</Td>
          <Td from="sm">
            <PersonStatus status={person.status} />
          </Td>
          <Td from="sm">{person.connections}</Td>
          <Td from="lg">
            {person.application ? (
              <span className="text-soft">not here</span>
            ) : (
              <span className="block max-w-40 truncate" title={nameProvider(person.provider)}>
                {nameProvider(person.provider)}
              </span>
            )}
          </Td>
          <Td from="md">
            <TimeOr at={person.lastSignedInAt} otherwise="never" />
          </Td>
          <Td from="xl">
            <Time at={person.createdAt} />
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}

function PersonStatus({ status }: { status: PersonView['status'] }) {
  return status === 'active' ? (
    <Badge tone="good" icon={CircleCheck}>
      Active
    </Badge>
  ) : (
    <Badge tone="quiet" icon={CircleSlash}>
      Disabled
    </Badge>
  );
}
