import type { Metadata } from 'next';
import { cache, Suspense } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { Clock } from '#app/_ui/clock';
import { CopiedId } from '#app/_ui/copied-id';
import { DayList } from '#app/_ui/day-list';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { Panel } from '#app/_ui/panel';
import { StepUpLink } from '#app/_ui/step-up-link';
import { Time } from '#app/_ui/time';
import { ZoneNote } from '#app/_ui/zone-note';
import type { AlertDetailView, AlertEventView } from '#lib/alerts/views';
import { getIncident } from '#lib/incidents/get';
import { readIncidentPicture } from '#lib/incidents/read-picture';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, inPart, orNotFound, titleOf } from '#lib/web/page';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';
import { numberText } from '#ui/number-text';
import { Read } from '../../_overview/part.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { signInUntil } from '../../_parts/step-up-notice.tsx';
import { DealWithIt } from '../_parts/deal-with-it.tsx';
import { Evidence } from '../_parts/evidence.tsx';
import { IncidentActs } from '../_parts/incident-acts.tsx';
import { IncidentPicture } from '../_parts/incident-picture.tsx';
import { IncidentStory } from '../_parts/incident-story.tsx';
import { AlertStateMark, Severity, Subject } from '../_parts/marks.tsx';
import { WhatIsSeen } from '../_parts/what-is-seen.tsx';
import { WhereNext } from '../_parts/where-next.tsx';

const pathOf = (id: string) => `/admin/alerts/${encodeURIComponent(id)}`;

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string, before: string | undefined) =>
  getIncident(await adminPage(pathOf(id)), { id, before }),
);

/** Where the shown part of the course ends; undefined for the newest one. */
async function beforeOf(searchParams: Promise<SearchParams>): Promise<string | undefined> {
  const { before } = await searchParams;
  return typeof before === 'string' ? before : undefined;
}

export async function generateMetadata({ params, searchParams }: AlertPageProps): Promise<Metadata> {
  const incident = await titleOf(readOnce((await params).id, await beforeOf(searchParams)));
  return { title: incident?.alert.title ?? 'Alert' };
}

interface AlertPageProps {
  params: Promise<{ id: string }>;
  searchParams: Promise<SearchParams>;
}

/** An incident: how bad, what happened in words, and what to do about it in place. */
export default async function AlertPage({ params, searchParams }: AlertPageProps) {
  const { id } = await params;
  const path = pathOf(id);
  const ctx = await adminPage(path);
  const before = await beforeOf(searchParams);
  const [incident, stepUp] = await Promise.all([orNotFound(readOnce(id, before)), readStepUp(ctx)]);
  const { alert } = incident;
  // Begun here and awaited in its place, so that the words do not wait for it.
  const picture = inPart(ctx, 'incident_picture', readIncidentPicture(ctx, { id }));
  const flow = flowParams(await searchParams);
  const refusal = flow ? refusalSentence(flow.code) : null;
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/alerts">Alerts</BackLink>
      <p className="mb-1 flex flex-wrap gap-2">
        <Severity severity={alert.severity} />
        <AlertStateMark state={alert.state} />
      </p>
      <h1 className="text-title font-semibold tracking-tight wrap-anywhere">{alert.title}</h1>
      <p className="mt-2 max-w-[75ch] text-soft">{alert.about}</p>
      <div className="mt-1 mb-4">
        <ZoneNote />
      </div>
      {refusal && (
        <div className="mb-4">
          <Notice tone="bad" title="There is no checkpoint" reference={flow?.reference ?? undefined} arrival>
            <p>{refusal}</p>
            {flow?.code === 'step_up_required' && (
              <p>
                <StepUpLink returnTo={path} form="checkpoint" goOn />
              </p>
            )}
          </Notice>
        </div>
      )}
      <WhereNext ctx={ctx} alert={alert} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Panel id="story" title="What happened">
          <IncidentStory incident={incident} />
        </Panel>
        <Panel id="acts" title="What to do">
          <IncidentActs ctx={ctx} incident={incident} signInUntil={signInUntil(stepUp)} path={path} />
        </Panel>
        <Panel id="picture" title="Reads around it" wide>
          <Suspense fallback={<div className="skeleton h-24" />}>
            <Read from={picture} reference={ctx.requestId}>
              {(read) => <IncidentPicture picture={read} alert={alert} />}
            </Read>
          </Suspense>
        </Panel>
        <div className="flex min-w-0 flex-col gap-4">
          <Panel id="facts" title="Alert">
            <AlertFacts alert={alert} />
          </Panel>
          {ctx.actor.role === 'administrator' && (
            <Panel id="deal" title="Resolve">
              <DealWithIt id={alert.id} state={alert.state} />
            </Panel>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Panel id="evidence" title="What was found" tight>
            <Evidence
              evidence={alert.evidence}
              count={alert.ofEvents ? alert.count : null}
              named={[...incident.connections.top, ...incident.services.top]}
            />
            <InLedger alert={alert} />
          </Panel>
          <Panel id="became" title="Outcome">
            <DayList
              items={alert.events}
              at={({ at }) => at}
              keyOf={({ at, kind, note }) => `${at.toISOString()} ${kind} ${note}`}
            >
              {(event) => <Event event={event} />}
            </DayList>
            {(alert.earlierThan !== null || before !== undefined) && (
              <p className="mt-3 flex flex-wrap gap-x-4 border-t border-line pt-3">
                {alert.earlierThan !== null && (
                  <Link href={`${path}?before=${alert.earlierThan}#became`} className="link">
                    Earlier
                  </Link>
                )}
                {before !== undefined && (
                  <Link href={`${path}#became`} className="link">
                    Newest
                  </Link>
                )}
              </p>
            )}
          </Panel>
        </div>
      </div>
      <WhatIsSeen />
    </>
  );
}

function AlertFacts({ alert }: { alert: AlertDetailView }) {
  return (
    <Facts>
      <Fact label="About">
        <Subject subject={alert.subject} />
      </Fact>
      {alert.ofEvents && (
        <Fact label="Events">
          <span className="tabular">{numberText(alert.count)}</span> since it opened
        </Fact>
      )}
      {alert.measure && (
        <Fact label="Measured last">
          <span className="tabular">{numberText(alert.value)}</span> {alert.measure}
          {alert.peak > alert.value && (
            <span className="block text-meta text-soft">
              At most <span className="tabular">{numberText(alert.peak)}</span> since it opened.
            </span>
          )}
        </Fact>
      )}
      <Fact label="Opened">
        <Time at={alert.openedAt} />
      </Fact>
      <Fact label="Last found">
        <Time at={alert.heldAt} />
      </Fact>
      <Fact label="Rule">
        {alert.known ? (
          <Link href={`/admin/alerts/rules/${alert.rule}`} className="link">
            When it opens and ends
          </Link>
        ) : (
          <code className="font-mono text-meta">{alert.rule}</code>
        )}
      </Fact>
      <Fact label="Id">
        <CopiedId id={alert.id} what="the alert’s id" />
      </Fact>
    </Facts>
  );
}

/** The entries that the rule looked at, as far as the ledger's own filters tell them apart. */
function InLedger({ alert: { entries, subject, state, resolvedAt } }: { alert: AlertDetailView }) {
  if (entries.actions.length === 0) return null;
  const minute = (at: Date) => at.toISOString().slice(0, 16);
  const over = state === 'resolved' && resolvedAt ? new Date(resolvedAt.getTime() + 60_000) : null;
  const about = subject ? { [subject.kind === 'api_key' ? 'key' : 'provider']: subject.id } : {};
  return (
    <p className="mt-3 flex flex-wrap gap-x-4 gap-y-1 border-t border-line pt-3 text-meta">
      <span className="text-soft">All of that time in the ledger:</span>
      {entries.actions.map(({ action, sentence }) => (
        <Link
          key={action}
          href={`/admin/ledger?${new URLSearchParams({
            ...about,
            action,
            from: minute(entries.from),
            ...(over ? { to: minute(over) } : {}),
          })}`}
          className="link"
        >
          {sentence}
        </Link>
      ))}
    </p>
  );
}

const kinds: Record<AlertEventView['kind'], string> = {
  opened: 'Opened',
  reopened: 'Came back',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  noted: 'Noted',
};

function Event({ event: { at, kind, by, note } }: { event: AlertEventView }) {
  return (
    <>
      <p>
        {kinds[kind]}
        {by ? (
          <>
            {' by '}
            <Link href={`/admin/people/${by.id}`} className="link">
              {by.name ?? by.id}
            </Link>
          </>
        ) : (
          kind === 'resolved' && ' by itself'
        )}
        , <Clock at={at.toISOString()} />
      </p>
      {note && <p className="wrap-anywhere whitespace-pre-wrap text-soft">{note}</p>}
    </>
  );
}
