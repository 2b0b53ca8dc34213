import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { ConnectForm } from '#app/_ui/connect-form';
import { ConnectionFacts } from '#app/_ui/connection-facts';
import { Evidence } from '#app/_ui/evidence';
import { Link } from '#app/_ui/link';
import { ManualPage } from '#app/_ui/manual-page';
import { Notice } from '#app/_ui/notice';
import { Panel } from '#app/_ui/panel';
import { ProviderMark } from '#app/_ui/provider-mark';
import { Timeline } from '#app/_ui/timeline';
import { UsedBy } from '#app/_ui/used-by';
import { getConnection } from '#lib/connections/get';
import { connectionHistory } from '#lib/connections/history';
import { needsPerson } from '#lib/connections/needs-person';
import { listServices } from '#lib/connections/services';
import { readZone } from '#lib/cookies/zone';
import { orNotFound, personPage, titleOf } from '#lib/web/page';
import { cardPath } from '#ui/card-path';
import { flowParams, flowResult, isSettled, mayBeTold, refusalSentence, type SearchParams } from '#ui/flow-result';
import { explainStatus } from '#ui/status-words';
import { ChooseEntry } from '../_parts/choose-entry.tsx';
import { NameAccount } from '../_parts/name-account.tsx';

/** Once a request, for the title and the page: a refusal is counted once. */
const readOnce = cache(async (id: string) =>
  getConnection(await personPage(`/connections/${encodeURIComponent(id)}`), { id }),
);

export async function generateMetadata({ params }: ConnectionPageProps): Promise<Metadata> {
  const { id } = await params;
  const ctx = await personPage(`/connections/${encodeURIComponent(id)}`);
  const connection = await titleOf(readOnce(id));
  if (connection?.personId !== ctx.actor.personId) return { title: 'Connection' };
  return { title: `${connection.account.label}, ${connection.provider.name}` };
}

interface ConnectionPageProps {
  params: Promise<{ id: string }>;
  searchParams: Promise<SearchParams>;
}

export default async function ConnectionPage({ params, searchParams }: ConnectionPageProps) {
  const { id } = await params;
  const path = `/connections/${encodeURIComponent(id)}`;
  const ctx = await personPage(path);
  const { zone } = await readZone();
  const [connection, history, services] = await orNotFound(
    Promise.all([readOnce(id), connectionHistory(ctx, { id, zone, plain: true }), listServices(ctx, { id })]),
  );
  // These are a person's own pages; administrators and auditors have others.
  if (connection.personId !== ctx.actor.personId) notFound();
  const { provider, account, status } = connection;
  const search = await searchParams;
  const flow = flowParams(search);
  const details = search.about === 'details';
  const told = flow && !details && mayBeTold(flow.code, [status]) && isSettled(connection, flow.code);
  const result = told ? flowResult(flow.code, provider.name) : null;
  const refusal = details && flow ? refusalSentence(flow.code) : null;
  const explanation = explainStatus(connection);
  const live = status !== 'revoked';
  const reconnectable = status !== 'frozen' && ctx.providers.get(provider.id) !== undefined;
  return (
    <>
      <BackLink href="/connections">Connections</BackLink>
      <div className="mb-6 flex flex-wrap items-center justify-between gap-4">
        <div className="flex min-w-0 items-center gap-3">
          <ProviderMark provider={provider} />
          <div className="min-w-0">
            <h1 className="text-title font-semibold tracking-tight wrap-anywhere">{account.label}</h1>
            <p className="text-soft">{provider.name}</p>
          </div>
        </div>
        {live && (
          <div className="flex flex-wrap gap-2">
            {reconnectable && (
              <ConnectForm intent="reconnect" provider={provider.id} connectionId={id} returnTo={path}>
                <button type="submit" className={`btn ${status === 'needs_reconnect' ? 'btn-primary' : 'btn-plain'}`}>
                  Reconnect
                </button>
              </ConnectForm>
            )}
            <form action={`${path}/disconnect`}>
              <button type="submit" className="btn btn-danger-plain">
                Disconnect
              </button>
            </form>
          </div>
        )}
      </div>
      <div className="flex flex-col gap-4">
        {result && (
          <Notice tone={result.tone} title={result.title} reference={flow?.reference ?? undefined} arrival>
            {result.text && <p>{result.text}</p>}
          </Notice>
        )}
        {refusal && (
          <Notice tone="bad" title="Nothing was changed" reference={flow?.reference ?? undefined} arrival>
            <p>{refusal}</p>
          </Notice>
        )}
        {explanation && (
          <Notice tone={needsPerson(connection) ? 'warn' : 'info'} title={explanation}>
            {connection.revocation && connection.revocation.state !== 'revoked_upstream' && (
              <p>
                <ManualPage connection={connection} />
              </p>
            )}
          </Notice>
        )}
        {live && connection.named !== null && <NameAccount connection={connection} />}
        {live && connection.choices.map((choice) => <ChooseEntry key={choice.name} id={id} choice={choice} />)}
        {connection.revocation && <Evidence revocation={connection.revocation} provider={provider.name} />}
        <Panel id="used-by" title="Used by">
          <UsedBy services={services} keyPages={false} />
        </Panel>
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <Panel id="facts" title="What is connected">
            <ConnectionFacts connection={connection} />
          </Panel>
          <Panel id="history" title="History">
            <Timeline history={history} />
          </Panel>
        </div>
        {!live && (
          <p>
            This connection is final. To use {provider.name} again,{' '}
            <Link href={cardPath(provider.id)} className="link">
              connect it anew
            </Link>
            .
          </p>
        )}
      </div>
    </>
  );
}
