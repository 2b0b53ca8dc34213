import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { SearchX } from '#app/_ui/icons';
import { PageHeading } from '#app/_ui/page-heading';
import { Time } from '#app/_ui/time';
import { clauseStates, stateWords } from '#lib/conformance/clause';
import { type ConformanceView, listConformance } from '#lib/conformance/list';
import { listScripts } from '#lib/page-scripts/list';
import { adminPage } from '#lib/web/page';
import type { SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { StandingFreezes } from '../_parts/standing-freezes.tsx';
import { StateFilter } from '../_parts/state-filter.tsx';
import { ClauseList } from './_parts/clause-list.tsx';
import { PageScripts } from './_parts/page-scripts.tsx';
import { SpecificationTable } from './_parts/specification-table.tsx';

export const metadata: Metadata = { title: 'Conformance' };

const path = '/admin/conformance';

/** All of them together are some hundred clauses, so the page begins with the gaps. */
const filters = [
  { state: undefined, word: 'Gaps' },
  ...clauseStates.map((state) => ({ state, word: stateWords[state] })),
  { state: 'all', word: 'All' },
] as const;

export default async function Conformance({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const at = readListAddress(await searchParams, ['state', 'specification']);
  const chosen = filters.find(({ state }) => state === at.filters.state)?.state;
  const state = chosen === 'all' ? undefined : (chosen ?? 'gaps');
  const view = listConformance(ctx, { state, specification: at.filters.specification });
  const shown = view.specifications.filter(({ clauses }) => clauses.length > 0);
  return (
    <>
      <StandingFreezes />
      <PageHeading title="Conformance">
        Each clause of the specifications that binds this product, with its code, the tests that prove it, and their
        last result. Where a clause is not met, the reason stands beside it.
      </PageHeading>
      <Run run={view.run} />
      <SpecificationTable view={view} path={path} at={at} chosen={at.filters.specification} />
      <div className="my-4">
        <StateFilter label="State" path={path} at={at} filters={filters} chosen={chosen} />
      </div>
      {shown.length === 0 && (
        <EmptyState icon={SearchX} title="None here">
          No clause is in this state.
        </EmptyState>
      )}
      <div className="flex flex-col gap-4">
        {shown.map((specification) => (
          <ClauseList key={specification.id} specification={specification} />
        ))}
      </div>
      <PageScripts view={listScripts(ctx)} />
    </>
  );
}

function Run({ run }: { run: ConformanceView['run'] }) {
  return (
    <p className="mb-4 text-soft">
      {run ? (
        <>
          The tests ran <Time at={run.at} />
          {run.commit && (
            <>
              {' '}
              at commit <code className="font-mono">{run.commit}</code>
            </>
          )}
          {run.changed && ', with changes that no commit has'}.
        </>
      ) : (
        'The last results of the tests are not known here: no whole run wrote them before this build.'
      )}
    </p>
  );
}
