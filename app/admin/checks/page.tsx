import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { ListChecks } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Time } from '#app/_ui/time';
import { type PlaybookLine, playbookLines } from '#lib/checks/check';
import { type CheckView, lastRun, listLastResults, type RunView } from '#lib/checks/results';
import { adminPage, inPart } from '#lib/web/page';
import { actorWords } from '#ui/actor-words';
import { LiveTail } from '../_parts/live-tail.tsx';
import { StandingFreezes } from '../_parts/standing-freezes.tsx';
import { Unread } from '../_parts/unread.tsx';
import { historyPath } from './_parts/history-address.ts';
import { countWords } from './_parts/outcome-words.ts';
import { ResultList } from './_parts/result-list.tsx';
import { RunButton } from './_parts/run-button.tsx';

export const metadata: Metadata = { title: 'Checks' };

export default async function Checks() {
  const ctx = await adminPage('/admin/checks');
  const [run, results] = await Promise.all([
    inPart(ctx, 'check_run', lastRun(ctx)),
    inPart(ctx, 'check_results', listLastResults(ctx)),
  ]);
  const administrator = ctx.actor.role === 'administrator';
  const running = run?.state === 'running';
  return (
    <>
      <StandingFreezes />
      <PageHeading
        title="Checks"
        action={
          <div className="flex flex-wrap items-start gap-2">
            <Link href={historyPath} className="btn btn-plain">
              History
            </Link>
            {administrator && <RunButton running={running} />}
          </div>
        }
      >
        The hub tries each line of the security checklist once a day, and tells how it knows.
      </PageHeading>
      {run && <Run run={run} results={results ?? []} />}
      {running && <LiveTail seconds={1} />}
      {results === null && <Unread reference={ctx.requestId} />}
      {results?.length === 0 && !running && (
        <EmptyState icon={ListChecks} title="Nothing was checked yet">
          The first daily run begins ten minutes after the start of the hub. Administrators can begin one at any time.
        </EmptyState>
      )}
      <div className="flex flex-col gap-4">
        {Object.entries(playbookLines).map(([line, words]) => (
          <Line key={line} line={line as PlaybookLine} words={words} results={results ?? []} />
        ))}
      </div>
    </>
  );
}

function Line({ line, words, results }: { line: PlaybookLine; words: string; results: readonly CheckView[] }) {
  const own = results.filter((one) => one.line === line);
  if (own.length === 0) return null;
  return (
    <section aria-labelledby={line} className="card flex flex-col gap-2 p-5">
      <h2 id={line} className="text-section font-semibold">
        {words}
      </h2>
      <ResultList results={own} />
    </section>
  );
}

function Run({ run, results }: { run: RunView; results: readonly CheckView[] }) {
  const { state, startedAt, startedBy, done, of } = run;
  return (
    <div className="mb-4 flex flex-col gap-2">
      <p role="status" className="text-soft">
        {state === 'running' ? 'Begun' : 'Checked'} <Time at={startedAt} />
        {startedBy && ` by ${actorWords(startedBy)}`}
        {state === 'running' ? `: ${Math.min(done, of)} of ${of} done.` : `: ${countWords(results)}.`}
        {state === 'lost' && ' The process that ran the checks ended before their end.'}
      </p>
      {state === 'running' && (
        <progress aria-label="Checks done" max={of} value={Math.min(done, of)} className="progress max-w-md" />
      )}
    </div>
  );
}
