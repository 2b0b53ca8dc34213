import { RotateCw } from 'lucide-react';
import type { Metadata } from 'next';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Time } from '#app/_ui/time';
import { listAlerts } from '#lib/alerts/list';
import { countByProvider } from '#lib/connections/count-by-provider';
import { readLastDay } from '#lib/overview/last-day';
import { listNeeds } from '#lib/overview/needs';
import { adminPage, inPart } from '#lib/web/page';
import { Connections } from './_overview/connections.tsx';
import { LastDay } from './_overview/last-day.tsx';
import { LiveAlerts } from './_overview/live-alerts.tsx';
import { Needs } from './_overview/needs.tsx';
import { Part, Read } from './_overview/part.tsx';
import { Unwell } from './_overview/unwell.tsx';
import { StandingFreezes } from './_parts/standing-freezes.tsx';

export const metadata: Metadata = { title: 'Overview' };

const path = '/admin';
const alertsShown = 5;

/** Health at a glance. Each part is sent when it has been read; every number leads to its rows. */
export default async function Overview() {
  const ctx = await adminPage(path);
  const reference = ctx.requestId;
  // All begun at once, and none awaited here.
  const needs = inPart(ctx, 'needs', listNeeds(ctx));
  const alerts = inPart(ctx, 'alerts', listAlerts(ctx, { state: 'live', limit: alertsShown }));
  const day = inPart(ctx, 'last_day', readLastDay(ctx));
  const connections = inPart(ctx, 'connections', countByProvider(ctx));
  return (
    <>
      <StandingFreezes />
      <PageHeading
        title="Overview"
        action={
          <Link href={path} className="btn btn-small btn-plain">
            <RotateCw aria-hidden="true" className="size-4" />
            Refresh
          </Link>
        }
      >
        The state of this hub, and what needs attention. As of <Time at={new Date()} />.
      </PageHeading>
      <div className="flex flex-col gap-8">
        <div className="grid items-start gap-8 xl:grid-cols-2">
          <Part id="needs" title="Needs attention">
            <Read from={needs} reference={reference}>
              {(read) => <Needs needs={read} />}
            </Read>
          </Part>
          <div className="flex min-w-0 flex-col gap-8">
            <Part id="alerts" title="Active alerts">
              <Read from={alerts} reference={reference}>
                {({ items, nextCursor }) => <LiveAlerts alerts={items} more={nextCursor !== null} />}
              </Read>
            </Part>
            <Part id="unwell" title="Refused and failed in the last day">
              <Read from={day} reference={reference}>
                {(read) => <Unwell day={read} />}
              </Read>
            </Part>
          </div>
        </div>
        <Part
          id="day"
          title="The last day"
          about="This hour and the 23 before it. Each column and number leads to its entries."
        >
          <Read from={day} reference={reference}>
            {(read) => <LastDay day={read} />}
          </Read>
        </Part>
        <Part id="connections" title="Connections">
          <Read from={connections} reference={reference}>
            {(providers) => <Connections providers={providers} />}
          </Read>
        </Part>
      </div>
    </>
  );
}
