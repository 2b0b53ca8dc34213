import { CircleAlert, CircleCheck, Clock, LoaderCircle } from '#app/_ui/icons';
import { Badge } from '#app/_ui/status';
import { Time, TimeOr } from '#app/_ui/time';
import type { JobView } from '#lib/jobs/list-jobs';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';

const names: Record<JobView['name'], { name: string; about: string }> = {
  tick: { name: 'Upkeep', about: 'Revokes at providers, removes expired rows, seals the ledger and makes room in it' },
  refresh: {
    name: 'Refreshing ahead',
    about: 'Tokens in use that are about to end, grants that would expire of disuse',
  },
};

/** The jobs of the background: when each ran last, and when next. */
export function JobTable({ jobs }: { jobs: JobView[] }) {
  return (
    <DataTable
      label="Background jobs"
      head={
        <>
          <Th>Job</Th>
          <Th from="sm">State</Th>
          <Th from="sm">Last run ended</Th>
          <Th from="md">Next run</Th>
        </>
      }
    >
      {jobs.map((job) => (
        <Tr key={job.name}>
          <Td>
            <div className="md:py-2">
              <span className="font-medium">{names[job.name].name}</span>
              <span className="block text-soft">{names[job.name].about}</span>
            </div>
            <div className="mt-1 flex flex-wrap items-center gap-x-2 text-soft @min-[36rem]:hidden">
              <State job={job} />
              <span>
                last run ended <TimeOr at={job.lastEndedAt} otherwise="not yet" />
              </span>
            </div>
          </Td>
          <Td from="sm">
            <State job={job} />
          </Td>
          <Td from="sm">
            <TimeOr at={job.lastEndedAt} otherwise="not yet" />
            {job.lastTookMs !== null && (
              <span className="block text-meta text-soft">took {(job.lastTookMs / 1000).toFixed(1)} s</span>
            )}
          </Td>
          <Td from="md">
            <TimeOr at={job.nextAt} otherwise="not planned" />
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}

function State({ job }: { job: JobView }) {
  if (job.runningSince)
    return (
      <Badge tone="due" icon={LoaderCircle}>
        Running since <Time at={job.runningSince} />
      </Badge>
    );
  if (job.late || job.nextAt === null)
    return (
      <Badge tone="warn" icon={Clock}>
        {job.late ? 'Late' : 'Not planned'}
      </Badge>
    );
  if (job.failedSteps.length > 0)
    return (
      <Badge tone="warn" icon={CircleAlert}>
        Failed: {job.failedSteps.join(', ')}
      </Badge>
    );
  return (
    <Badge tone="good" icon={CircleCheck}>
      On time
    </Badge>
  );
}
