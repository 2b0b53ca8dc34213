import type { Metadata } from 'next';
import { DayOf } from '#app/_ui/clock';
import { EmptyState } from '#app/_ui/empty-state';
import { SearchX, Snowflake } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Time } from '#app/_ui/time';
import { ZoneNote } from '#app/_ui/zone-note';
import { freezeScopes } from '#lib/freezes/filter';
import { type IdleDeadlineView, listIdleDeadlines } from '#lib/freezes/idle-deadlines';
import { listFreezes, standingFreeze, standingFreezes } from '#lib/freezes/list';
import type { FreezeView } from '#lib/freezes/views';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, inPart, orNotFound } from '#lib/web/page';
import type { SearchParams } from '#ui/flow-result';
import { filteredAddress, readListAddress } from '#ui/list-address';
import { FilterSelect } from '../_parts/filter-select.tsx';
import { SearchField } from '../_parts/search-field.tsx';
import { StandingFreezes } from '../_parts/standing-freezes.tsx';
import { StepUpNotice, signInUntil } from '../_parts/step-up-notice.tsx';
import { FreezeButton } from './_parts/freeze-button.tsx';
import { FreezeTable } from './_parts/freeze-table.tsx';

export const metadata: Metadata = { title: 'Freezes' };

const path = '/admin/freezes';
const scopeWords: Record<FreezeView['scope'], string> = {
  everything: 'Everything',
  provider: 'Providers',
  person: 'People',
  api_key: 'API keys',
  connection: 'Connections',
};
/** Two lists share the page, and each freeze that stands has two tab stops. */
const halfPage = 12;

/** The standing freezes, until when each does no harm, and the lifted ones. */
export default async function Freezes({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const at = readListAddress(await searchParams, ['show', 'q', 'scope']);
  const { q } = at.filters;
  const scope = freezeScopes.find((one) => one === at.filters.scope);
  const filter = { query: q, scope };
  const filtered = q !== undefined || scope !== undefined;
  // One address holds one cursor: beyond the first page, the freezes that stand are shown without the lifted ones.
  const onlyStanding = at.filters.show === 'standing';
  const [{ items: standing, nextCursor: moreStanding }, history, everything, deadlines, stepUp] = await Promise.all([
    orNotFound(standingFreezes(ctx, { ...filter, ...(onlyStanding && { cursor: at.cursor }), limit: halfPage })),
    onlyStanding ? null : orNotFound(listFreezes(ctx, { ...filter, cursor: at.cursor, limit: halfPage })),
    standingFreeze(ctx, { scope: 'everything' }),
    inPart(ctx, 'idle_deadlines', listIdleDeadlines(ctx)),
    readStepUp(ctx),
  ]);
  const administrator = ctx.actor.role === 'administrator';
  return (
    <>
      <StandingFreezes />
      <PageHeading
        title="Freezes"
        action={administrator && !everything && <FreezeButton scope="everything" target="" name={null} />}
      >
        A freeze stops its target at once: services get no token, the hub refreshes none, and people connect nothing.
        Set it on the page of a connection, person, provider or API key.
      </PageHeading>
      {deadlines ? (
        <IdleDeadlines deadlines={deadlines} />
      ) : (
        <div className="mb-4">
          <Notice tone="bad" title="When idle grants expire could not be read" reference={ctx.requestId} />
        </div>
      )}
      {everything?.createdBy.id === 'restore-guard' && (
        <Restored rotating={ctx.providers.list().filter(({ rotation }) => rotation !== 'none')} />
      )}
      {administrator && standing.length > 0 && (
        <div className="mb-4">
          <StepUpNotice stepUp={stepUp} what="Thawing" returnTo={path} />
        </div>
      )}
      {(filtered || standing.length > 0 || (history && history.items.length > 0)) && (
        <form action={path} className="mb-4 flex flex-wrap items-center gap-2">
          <SearchField label="Search freezes" placeholder="Name, id or reason" value={q} />
          <FilterSelect
            name="scope"
            label="Over"
            all="Over anything"
            value={scope}
            choices={freezeScopes.map((one) => ({ value: one, word: scopeWords[one] }))}
          />
          <button type="submit" className="btn btn-small btn-plain">
            Filter
          </button>
          {filtered && (
            <Link href={path} className="link text-meta">
              Clear filters
            </Link>
          )}
        </form>
      )}
      <section aria-labelledby="standing" className="mb-8">
        <h2 id="standing" className="mb-3 text-section font-semibold">
          Standing
        </h2>
        {standing.length > 0 ? (
          <FreezeTable
            label="Standing freezes"
            freezes={standing}
            thawUntil={administrator ? signInUntil(stepUp) : null}
          />
        ) : filtered ? (
          <EmptyState icon={SearchX} title="No standing freeze matches">
            No freeze that stands fits these filters. A freeze over everything or over a provider also covers things
            that are not named in it.
          </EmptyState>
        ) : (
          <EmptyState icon={Snowflake} title="Nothing is frozen">
            Each freeze is listed here, and at the top of every admin page, until it is lifted.
          </EmptyState>
        )}
        <Pager
          path={path}
          at={onlyStanding ? at : { filters: { ...at.filters, show: 'standing' }, cursor: undefined, trail: [] }}
          nextCursor={moreStanding}
        />
        {onlyStanding && (
          <Link href={filteredAddress(path, at, { show: undefined })} className="link">
            Lifted freezes
          </Link>
        )}
      </section>
      {history && (history.items.length > 0 || at.cursor) && (
        <section aria-labelledby="lifted">
          <h2 id="lifted" className="mb-3 text-section font-semibold">
            Lifted
          </h2>
          <div className="mb-4">
            <ZoneNote />
          </div>
          <FreezeTable label="Lifted freezes" freezes={history.items} />
          <Pager path={path} at={at} nextCursor={history.nextCursor} />
        </section>
      )}
    </>
  );
}

/** Grants that are not refreshed expire after the days that their provider's record says. */
function IdleDeadlines({ deadlines }: { deadlines: IdleDeadlineView[] }) {
  if (deadlines.length === 0) return null;
  return (
    <div className="mb-4">
      <Notice tone="warn" title="Idle grants expire while they are frozen">
        <p className="text-meta">
          A provider drops a grant that was not refreshed for some days, and nothing refreshes these meanwhile.
        </p>
        <ul className="text-meta">
          {deadlines.map(({ provider, days, at }) => (
            <li key={provider.id}>
              <span className="font-medium">{provider.name}</span>, after about {days} days: the first one about{' '}
              <DayOf at={at.toISOString()} /> (<Time at={at} />)
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}

/** What to think of before thawing a database that came from a backup. */
function Restored({ rotating }: { rotating: { id: string; name: string }[] }) {
  return (
    <div className="mb-4">
      <Notice tone="warn" title="Before you thaw a restored database">
        <p className="text-meta">
          What was revoked or ended since the backup is back: connections, sessions, API keys. Look at these first.
        </p>
        {rotating.length > 0 && (
          <p className="text-meta">
            {rotating.map(({ name }) => name).join(', ')}: a refresh token that was replaced since may end its grant
            when it is shown. Freeze each of them on{' '}
            <Link href="/admin/status" className="link">
              Status
            </Link>
            , thaw everything, then thaw them one by one.
          </p>
        )}
      </Notice>
    </div>
  );
}
