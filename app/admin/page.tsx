import type { Metadata } from 'next';
import { PageHeading } from '#app/_ui/page-heading';
import { Time } from '#app/_ui/time';
import { ZoneNote } from '#app/_ui/zone-note';
import { listMostSevere } from '#lib/alerts/most-severe';
import { countByProvider } from '#lib/connections/count-by-provider';
import { readZone } from '#lib/cookies/zone';
import { listFirstSteps } from '#lib/overview/first-steps';
import { readGrantAges } from '#lib/overview/grant-ages';
import { readLastDay } from '#lib/overview/last-day';
import { listNeeds } from '#lib/overview/needs';
import { readRefreshDays } from '#lib/overview/refresh-days';
import { adminPage, inPart } from '#lib/web/page';
import { Connections } from './_overview/connections.tsx';
import { FirstSteps } from './_overview/first-steps.tsx';
import { GrantAges } from './_overview/grant-ages.tsx';
import { LastDay } from './_overview/last-day.tsx';
import { LiveAlerts } from './_overview/live-alerts.tsx';
import { Needs } from './_overview/needs.tsx';
import { Part, Read } from './_overview/part.tsx';
import { RefreshDays } from './_overview/refresh-days.tsx';
import { Unwell } from './_overview/unwell.tsx';
import { LiveTail } from './_parts/live-tail.tsx';
import { RefreshLink } from './_parts/refresh-link.tsx';
import { StandingFreezes } from './_parts/standing-freezes.tsx';

export const metadata: Metadata = { title: 'Overview' };

const path = '/admin';
const alertsShown = 5;

/** Health at a glance. Each part is sent when it has been read; every number leads to its rows. */
export default async function Overview() {
  const ctx = await adminPage(path);
  const { zone } = await readZone();
  const reference = ctx.requestId;
  // All begun at once, and none awaited here.
  const needs = inPart(ctx, 'needs', listNeeds(ctx));
  const alerts = inPart(ctx, 'alerts', listMostSevere(ctx, { limit: alertsShown }));
  const day = inPart(ctx, 'last_day', readLastDay(ctx));
  const connections = inPart(ctx, 'connections', countByProvider(ctx));
  const refreshes = inPart(ctx, 'refresh_days', readRefreshDays(ctx, { zone }));
  const ages = inPart(ctx, 'grant_ages', readGrantAges(ctx));
  // Awaited, for where there are none nothing may move later.
  const steps = await inPart(ctx, 'first_steps', listFirstSteps(ctx));
  return (
    <>
      <StandingFreezes />
      <LiveTail seconds={30} calm />
      <PageHeading title="Overview" action={<RefreshLink path={path} />}>
        The state of this hub, and what needs attention. It refreshes itself. As of <Time at={new Date()} />.
      </PageHeading>
      <div className="-mt-4 mb-6">
        <ZoneNote />
      </div>
      <div className="flex flex-col gap-8">
        {steps && steps.length > 0 && (
          <section aria-labelledby="first-steps" className="min-w-0">
            <h2 id="first-steps" className="text-section font-semibold">
              First steps
            </h2>
            <p className="mb-3 text-meta text-soft">
              The hub ticks them itself. This list goes once there is a provider, an account and an API key.
            </p>
            <FirstSteps steps={steps} />
          </section>
        )}
        <div className="grid items-start gap-8 xl:grid-cols-2">
          <Part id="needs" title="Needs attention">
            <Read from={needs} reference={reference}>
              {(read) => <Needs needs={read} />}
            </Read>
          </Part>
          <div className="flex min-w-0 flex-col gap-8">
            <Part id="alerts" title="Active alerts">
              <Read from={alerts} reference={reference}>
                {({ items, more }) => <LiveAlerts alerts={items} more={more} />}
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
        <div className="grid items-start gap-8 xl:grid-cols-2">
          <Part id="refreshes" title="Refresh success">
            <Read from={refreshes} reference={reference}>
              {(view) => <RefreshDays view={view} zone={zone} />}
            </Read>
          </Part>
          <Part id="ages" title="Age and last use of grants">
            <Read from={ages} reference={reference}>
              {(view) => <GrantAges view={view} />}
            </Read>
          </Part>
        </div>
      </div>
    </>
  );
}
