import type { Metadata } from 'next';
import { BackLink } from '#app/_ui/back-link';
import { BlastRadius } from '#app/_ui/blast-radius';
import { Evidence } from '#app/_ui/evidence';
import { Notice } from '#app/_ui/notice';
import { Panel } from '#app/_ui/panel';
import { ProviderMark } from '#app/_ui/provider-mark';
import { Status } from '#app/_ui/status';
import { Timeline } from '#app/_ui/timeline';
import { UsedBy } from '#app/_ui/used-by';
import { VisitorShell } from '#app/_ui/visitor-shell';
import { ApplicationFrame } from '#app/connect-session/_parts/application-frame';
import { managedHere, PageOver } from '#app/connect-session/_parts/managed';
import { managePage } from '#lib/connect-sessions/link';
import type { ManagedPage } from '#lib/connect-sessions/managed';
import { getConnection } from '#lib/connections/get';
import { connectionHistory } from '#lib/connections/history';
import { needsPerson } from '#lib/connections/needs-person';
import { listServices } from '#lib/connections/services';
import { readZone } from '#lib/cookies/zone';
import { getBlastRadius } from '#lib/revocation/blast-radius';
import { orNotFound, titleOf, visitorPage } from '#lib/web/page';
import { flowParams, type SearchParams } from '#ui/flow-result';
import { explainStatus } from '#ui/status-words';

interface ManageOneProps {
  params: Promise<{ id: string; connection: string }>;
  searchParams: Promise<SearchParams>;
}

export async function generateMetadata({ params }: ManageOneProps): Promise<Metadata> {
  const { id, connection: connectionId } = await params;
  const page = await managedHere(id);
  const connection = page && (await titleOf(getConnection(page.ctx, { id: connectionId })));
  return {
    title: connection ? `${connection.account.label}, ${connection.provider.name}` : 'Connected account',
  };
}

/** One account that a person connected through an application: what used it, what for, and the way out. */
export default async function ManageOne({ params, searchParams }: ManageOneProps) {
  const { config } = await visitorPage();
  const { id, connection } = await params;
  const page = await managedHere(id);
  return (
    <VisitorShell organisation={config.organisation}>
      {page ? <Account id={id} page={page} connectionId={connection} search={await searchParams} /> : <PageOver />}
    </VisitorShell>
  );
}

interface AccountProps {
  id: string;
  page: ManagedPage;
  connectionId: string;
  search: SearchParams;
}

async function Account({ id, page: { ctx, application }, connectionId, search }: AccountProps) {
  const { zone } = await readZone();
  const of = { id: connectionId };
  const [connection, history, services, blastRadius] = await orNotFound(
    Promise.all([
      getConnection(ctx, of),
      connectionHistory(ctx, { ...of, zone, plain: true }),
      listServices(ctx, of),
      getBlastRadius(ctx, of),
    ]),
  );
  const { provider, account, status, revocation } = connection;
  const explanation = explainStatus(connection);
  const live = status !== 'revoked';
  const done = flowParams(search)?.code === 'disconnected' && !live;
  return (
    <>
      <ApplicationFrame application={application} />
      <BackLink href={managePage(id)}>Your accounts connected to {application.name}</BackLink>
      <div className="flex min-w-0 flex-wrap items-center gap-3">
        <ProviderMark provider={provider} />
        <div className="min-w-0 flex-1 basis-48">
          <h1 className="text-title font-semibold tracking-tight wrap-anywhere">{account.label}</h1>
          <p className="text-soft">{provider.name}</p>
        </div>
        <Status status={status} />
      </div>
      {done && (
        <Notice tone="good" title={`${provider.name} is disconnected from ${application.name}`} arrival>
          <p>Services of {application.name} get no access to this account any more.</p>
        </Notice>
      )}
      {explanation && <Notice tone={needsPerson(connection) ? 'warn' : 'info'} title={explanation} />}
      {revocation && <Evidence revocation={revocation} provider={provider.name} />}
      <Panel id="used-by" title="Used by">
        <UsedBy services={services} keyPages={false} />
      </Panel>
      <Panel id="history" title="History">
        <Timeline history={history} />
      </Panel>
      {live && (
        <Panel id="disconnect" title="Disconnect">
          <div className="flex flex-col gap-4">
            <ul className="flex list-disc flex-col gap-1 pl-5">
              <li>{application.name} stops getting access to this account at once.</li>
              <li>{provider.name} is told to end the access too; if it does not answer, it is asked again.</li>
              <li>This cannot be undone. Connecting the account later makes a new connection.</li>
            </ul>
            <BlastRadius found={blastRadius} provider={provider.name} />
            <form method="post" action={`${managePage(id)}/disconnect`}>
              <input type="hidden" name="connection" value={connectionId} />
              <button type="submit" className="btn btn-named btn-danger">
                Disconnect {account.label}
              </button>
            </form>
          </div>
        </Panel>
      )}
    </>
  );
}
