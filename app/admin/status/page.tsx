import type { Metadata } from 'next';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Time } from '#app/_ui/time';
import { standingFreezes } from '#lib/freezes/list';
import { listJobs } from '#lib/jobs/list-jobs';
import { listProviderStops } from '#lib/provider-calls/provider-stop';
import { readStepUp } from '#lib/sign-in/step-up';
import { readDatabaseStatus } from '#lib/status/database-status';
import { listGoneProcesses, listProcesses } from '#lib/status/list-processes';
import { listProviderActivity } from '#lib/status/provider-activity';
import { isSick, listProviderHealth } from '#lib/status/provider-health';
import { readWaitingMails } from '#lib/status/waiting-mails';
import { adminPage, inPart } from '#lib/web/page';
import type { SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { RefreshLink } from '../_parts/refresh-link.tsx';
import { SickProviders } from '../_parts/sick-providers.tsx';
import { StandingFreezes } from '../_parts/standing-freezes.tsx';
import { signInUntil } from '../_parts/step-up-notice.tsx';
import { Unread } from '../_parts/unread.tsx';
import { ConfigurationNotices } from './_parts/configuration-notices.tsx';
import { DatabaseFacts } from './_parts/database-facts.tsx';
import { JobTable } from './_parts/job-table.tsx';
import { GoneProcesses, ProcessTable } from './_parts/process-table.tsx';
import { ProviderTable } from './_parts/provider-table.tsx';
import { StoppedProviders } from './_parts/stopped-providers.tsx';
import { WaitingMails } from './_parts/waiting-mails.tsx';

export const metadata: Metadata = { title: 'Status' };

const path = '/admin/status';
const processesShown = 10;

/** What runs and how it goes. A part that cannot be read says so in its place; the others stay. */
export default async function Status({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const at = readListAddress(await searchParams, []);
  const ctx = await adminPage(path);
  const providers = ctx.providers.list().map(({ id }) => id);
  const [health, activity, processes, gone, jobs, database, freezes, stops, mails, stepUp] = await Promise.all([
    inPart(ctx, 'provider_health', listProviderHealth(ctx)),
    inPart(ctx, 'provider_activity', listProviderActivity(ctx)),
    inPart(ctx, 'processes', listProcesses(ctx, { cursor: at.cursor, limit: processesShown })),
    inPart(ctx, 'processes', listGoneProcesses(ctx)),
    inPart(ctx, 'jobs', listJobs(ctx)),
    inPart(ctx, 'database', readDatabaseStatus(ctx)),
    inPart(ctx, 'freezes', standingFreezes(ctx, { scope: 'provider', targets: providers, limit: 1000 })),
    inPart(ctx, 'provider_stops', listProviderStops(ctx)),
    inPart(ctx, 'waiting_mails', readWaitingMails(ctx)),
    inPart(ctx, 'step_up', readStepUp(ctx)),
  ]);
  const part = (id: string, title: string, about: string, content: React.ReactNode | null) => (
    <Part id={id} title={title} about={about} reference={ctx.requestId}>
      {content}
    </Part>
  );
  return (
    <>
      <StandingFreezes />
      <PageHeading title="Status" action={<RefreshLink path={path} />}>
        What runs, and how the providers answer. As of <Time at={new Date()} />.
      </PageHeading>
      {stops && (
        <StoppedProviders
          stops={stops}
          signInUntil={ctx.actor.role === 'administrator' && stepUp ? signInUntil(stepUp) : null}
        />
      )}
      {health && <SickProviders providers={health.filter(isSick)} />}
      <div className="flex flex-col gap-8">
        {part(
          'providers',
          'Providers',
          'How refreshes go, over all processes. Counts are of the last hour.',
          health && (
            <ProviderTable
              health={health}
              activity={activity}
              freezes={freezes?.items ?? []}
              administrator={ctx.actor.role === 'administrator' && freezes !== null}
              reference={ctx.requestId}
            />
          ),
        )}
        {part(
          'processes',
          'Processes',
          'Each says every 15 seconds that it runs. One that ends in order leaves the list at once.',
          processes && (
            <>
              <ConfigurationNotices processes={processes.items} />
              <ProcessTable label="Processes" processes={processes.items} />
              <Pager path={path} at={at} nextCursor={processes.nextCursor} />
              {gone && <GoneProcesses gone={gone} />}
            </>
          ),
        )}
        {part(
          'jobs',
          'Background',
          'Every minute one of the processes does each of these.',
          jobs && (
            <div className="flex flex-col gap-3">
              {mails && <WaitingMails mails={mails} />}
              <JobTable jobs={jobs} />
            </div>
          ),
        )}
        {part('database', 'Database', 'Where everything is kept.', database && <DatabaseFacts database={database} />)}
      </div>
    </>
  );
}

interface PartProps {
  id: string;
  title: string;
  about: string;
  reference: string;
  children: React.ReactNode | null;
}

/** A part of the page; without content it could not be read. */
function Part({ id, title, about, reference, children }: PartProps) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className="text-section font-semibold">
        {title}
      </h2>
      <p className="mb-3 text-meta text-soft">{about}</p>
      {children ?? <Unread reference={reference} />}
    </section>
  );
}
