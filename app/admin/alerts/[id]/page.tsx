import type { Metadata } from 'next';
import { BackLink } from '#app/_ui/back-link';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Time } from '#app/_ui/time';
import { getAlert } from '#lib/alerts/get';
import type { AlertDetailView, AlertEventView } from '#lib/alerts/views';
import { adminPage, orNotFound } from '#lib/web/page';
import { numberText } from '#ui/number-text';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { DealWithIt } from '../_parts/deal-with-it.tsx';
import { Evidence } from '../_parts/evidence.tsx';
import { AlertStateMark, Severity, Subject } from '../_parts/marks.tsx';
import { WhatIsSeen } from '../_parts/what-is-seen.tsx';
import { WhereNext } from '../_parts/where-next.tsx';

export const metadata: Metadata = { title: 'Alert' };

export default async function AlertPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const ctx = await adminPage(`/admin/alerts/${encodeURIComponent(id)}`);
  const alert = await orNotFound(getAlert(ctx, { id }));
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/alerts">Alerts</BackLink>
      <h1 className="text-title font-semibold tracking-tight wrap-anywhere">{alert.title}</h1>
      <p className="mt-2 mb-4 max-w-[75ch] text-soft">{alert.about}</p>
      <WhereNext ctx={ctx} alert={alert} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <section aria-labelledby="facts" className="card p-5">
            <h2 id="facts" className="mb-4 text-section font-semibold">
              Alert
            </h2>
            <AlertFacts alert={alert} />
          </section>
          {ctx.actor.role === 'administrator' && (
            <section aria-labelledby="deal" className="card p-5">
              <h2 id="deal" className="mb-4 text-section font-semibold">
                Resolve
              </h2>
              <DealWithIt id={alert.id} state={alert.state} />
            </section>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <section aria-labelledby="evidence" className="card p-5">
            <h2 id="evidence" className="mb-2 text-section font-semibold">
              What was found
            </h2>
            <Evidence evidence={alert.evidence} count={alert.ofEvents ? alert.count : null} />
            <InLedger alert={alert} />
          </section>
          <section aria-labelledby="became" className="card p-5">
            <h2 id="became" className="mb-4 text-section font-semibold">
              Outcome
            </h2>
            <ol className="flex flex-col gap-3">
              {alert.events.map((event) => (
                <li key={`${event.at.toISOString()} ${event.kind} ${event.note}`}>
                  <Event event={event} />
                </li>
              ))}
            </ol>
          </section>
        </div>
      </div>
      <WhatIsSeen />
    </>
  );
}

function AlertFacts({ alert }: { alert: AlertDetailView }) {
  return (
    <Facts>
      <Fact label="State">
        <AlertStateMark state={alert.state} />
        {alert.state !== 'resolved' && (
          <span className="block text-meta text-soft">
            {alert.endsByPerson
              ? 'Goes on until an administrator resolves it.'
              : 'Ends by itself once nothing has been found for a while.'}
          </span>
        )}
      </Fact>
      <Fact label="Severity">
        <Severity severity={alert.severity} />
      </Fact>
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
        <code className="font-mono text-meta wrap-anywhere">{alert.id}</code>
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
        , <Time at={at} />
      </p>
      {note && <p className="wrap-anywhere whitespace-pre-wrap text-soft">{note}</p>}
    </>
  );
}
