import type { Metadata } from 'next';
import { BackLink } from '#app/_ui/back-link';
import { EmptyState } from '#app/_ui/empty-state';
import { ListChecks, SearchX } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { ZoneNote } from '#app/_ui/zone-note';
import { listCheckedPairs, listCheckHistory } from '#lib/checks/history';
import type { CheckView } from '#lib/checks/results';
import { adminPage, orNotFound } from '#lib/web/page';
import type { SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { FilterSelect } from '../../_parts/filter-select.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { historyPath } from '../_parts/history-address.ts';
import { HistoryTable } from '../_parts/history-table.tsx';
import { outcomes } from '../_parts/outcome-words.ts';

export const metadata: Metadata = { title: 'History of checks' };

const results = Object.entries(outcomes).map(([value, { word }]) => ({ value, word }));
const asChoice = ({ id, name }: { id: string; name: string }) => ({ value: id, word: name });

/** When each check began to fail, when it was mended, and who looked. */
export default async function CheckHistory({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(historyPath);
  const at = readListAddress(await searchParams, ['check', 'provider', 'result', 'order']);
  const { check, provider, order } = at.filters;
  const result = results.find(({ value }) => value === at.filters.result)?.value as CheckView['result'] | undefined;
  const [pairs, { items, nextCursor }] = await Promise.all([
    listCheckedPairs(ctx),
    orNotFound(
      listCheckHistory(ctx, {
        ...{ check, provider, result, cursor: at.cursor },
        order: order === 'oldest' ? 'oldest' : 'newest',
      }),
    ),
  ]);
  const narrowed = check !== undefined || provider !== undefined || result !== undefined;
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/checks">Checks</BackLink>
      <PageHeading title="History of checks">
        Each row is a time in which a check had the same result: when it began, who saw it, and what ended it. The hub
        keeps results for 400 days.
      </PageHeading>
      <form
        key={JSON.stringify(at.filters)}
        action={historyPath}
        className="mb-4 grid grid-cols-2 items-end gap-2 sm:flex sm:flex-wrap"
      >
        <FilterSelect
          name="check"
          label="Check"
          all="All checks"
          value={check}
          choices={pairs.checks.map(asChoice)}
          width="col-span-2 sm:w-64"
        />
        <FilterSelect
          name="provider"
          label="Provider"
          all="Hub and providers"
          value={provider}
          choices={[{ value: '-', word: 'This hub' }, ...pairs.providers.map(asChoice)]}
          width="sm:w-44"
        />
        <FilterSelect name="result" label="Result" all="All results" value={result} choices={results} width="sm:w-44" />
        <FilterSelect
          name="order"
          label="Order"
          all="Newest first"
          value={order === 'oldest' ? order : undefined}
          choices={[{ value: 'oldest', word: 'Oldest first' }]}
          width="sm:w-40"
        />
        <button type="submit" className="btn btn-small btn-plain">
          Filter
        </button>
        {narrowed && (
          <Link href={historyPath} className="link self-center text-meta">
            Show all
          </Link>
        )}
      </form>
      {items.length > 0 ? (
        <>
          <div className="mb-4">
            <ZoneNote />
          </div>
          <HistoryTable spans={items} />
        </>
      ) : narrowed || at.cursor ? (
        <EmptyState icon={SearchX} title="None here">
          No kept result fits the filters.
        </EmptyState>
      ) : (
        <EmptyState icon={ListChecks} title="Nothing was checked yet">
          The first daily run begins ten minutes after the start of the hub. Each change of a result then stands here.
        </EmptyState>
      )}
      <Pager path={historyPath} at={at} nextCursor={nextCursor} />
    </>
  );
}
