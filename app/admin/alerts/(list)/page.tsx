import type { Metadata } from 'next';
import { Fragment } from 'react';
import { Clock } from '#app/_ui/clock';
import { DayName } from '#app/_ui/day-heading';
import { EmptyState } from '#app/_ui/empty-state';
import { BellRing, ListChecks, SearchX, Webhook } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Time } from '#app/_ui/time';
import { ZoneNote } from '#app/_ui/zone-note';
import { listAlerts } from '#lib/alerts/list';
import type { AlertView } from '#lib/alerts/views';
import { readZone } from '#lib/cookies/zone';
import { adminPage, orNotFound } from '#lib/web/page';
import { byDay } from '#ui/days';
import type { SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { numberText } from '#ui/number-text';
import { DataTable, DayRow, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { heavyListRows } from '../../_parts/list-rows.ts';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { StateFilter } from '../../_parts/state-filter.tsx';
import { AlertStateMark, Severity, Subject } from '../_parts/marks.tsx';
import { WhatIsSeen } from '../_parts/what-is-seen.tsx';

export const metadata: Metadata = { title: 'Alerts' };

const path = '/admin/alerts';

const filters = [
  { state: undefined, word: 'Active' },
  { state: 'open', word: 'Open' },
  { state: 'acknowledged', word: 'Acknowledged' },
  { state: 'resolved', word: 'Resolved' },
] as const;

export default async function Alerts({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const at = readListAddress(await searchParams, ['state']);
  const chosen = filters.find(({ state }) => state === at.filters.state)?.state;
  const { items, nextCursor } = await orNotFound(
    listAlerts(ctx, { state: chosen ?? 'live', cursor: at.cursor, limit: heavyListRows }),
  );
  return (
    <>
      <StandingFreezes />
      <PageHeading
        title="Alerts"
        action={
          <div className="flex flex-wrap gap-2">
            <Link href={`${path}/rules`} className="btn btn-small btn-plain">
              <ListChecks aria-hidden="true" className="size-4" />
              Rules
            </Link>
            <Link href={`${path}/webhooks`} className="btn btn-small btn-plain">
              <Webhook aria-hidden="true" className="size-4" />
              Webhooks
            </Link>
          </div>
        }
      >
        What the rules found in the ledger, newest first. They look once a minute. What they find is told once, when it
        opens.
      </PageHeading>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-2">
        <StateFilter label="State" path={path} at={at} filters={filters} chosen={chosen} />
        <ZoneNote />
      </div>
      {items.length > 0 ? (
        <AlertTable alerts={items} />
      ) : chosen || at.cursor ? (
        <EmptyState icon={SearchX} title="None here">
          No alert is in this state.
        </EmptyState>
      ) : (
        <EmptyState icon={BellRing} title="No alerts">
          The rules found nothing, or administrators have dealt with it. New findings stand here, and go to the webhooks
          and addresses that you set up.
        </EmptyState>
      )}
      <Pager path={path} at={at} nextCursor={nextCursor} />
      <WhatIsSeen />
    </>
  );
}

async function AlertTable({ alerts }: { alerts: AlertView[] }) {
  const { zone } = await readZone();
  return (
    <DataTable
      label="Alerts"
      head={
        <>
          <Th>Alert</Th>
          <Th from="sm">Severity</Th>
          <Th from="sm">State</Th>
          <Th from="md">About</Th>
          <Th from="lg">Events</Th>
          <Th from="sm">Opened</Th>
          <Th from="lg">Last found</Th>
        </>
      }
    >
      {byDay(alerts, ({ openedAt }) => openedAt, zone, new Date()).map((day) => (
        <Fragment key={day.day}>
          <DayRow columns={7}>
            <DayName day={day} />
          </DayRow>
          {day.items.map((alert) => (
            <Tr key={alert.id}>
              <Td>
                <span className="block py-1 md:py-2">
                  <Link
                    href={`${path}/${alert.id}`}
                    className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
                  >
                    {alert.title}
                  </Link>
                  <span className="block text-soft @min-[42rem]:hidden">
                    <Subject subject={alert.subject} />
                    <span className="@min-[36rem]:hidden">
                      , <Clock at={alert.openedAt.toISOString()} />
                    </span>
                  </span>
                  <span className="mt-1 flex flex-wrap gap-1 @min-[36rem]:hidden">
                    <Severity severity={alert.severity} />
                    <AlertStateMark state={alert.state} />
                  </span>
                </span>
              </Td>
              <Td from="sm">
                <Severity severity={alert.severity} />
              </Td>
              <Td from="sm">
                <AlertStateMark state={alert.state} />
              </Td>
              <Td from="md">
                <Subject subject={alert.subject} />
              </Td>
              <Td from="lg">
                {alert.ofEvents ? (
                  <span className="tabular">{numberText(alert.count)}</span>
                ) : (
                  <>
                    <span aria-hidden="true" className="text-soft">
                      –
                    </span>
                    <span className="sr-only">a state, not events</span>
                  </>
                )}
              </Td>
              <Td from="sm">
                <Clock at={alert.openedAt.toISOString()} />
              </Td>
              <Td from="lg">
                <Time at={alert.heldAt} />
              </Td>
            </Tr>
          ))}
        </Fragment>
      ))}
    </DataTable>
  );
}
