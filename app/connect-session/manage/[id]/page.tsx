import type { Metadata } from 'next';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { ProviderMark } from '#app/_ui/provider-mark';
import { Status } from '#app/_ui/status';
import { TimeOr } from '#app/_ui/time';
import { VisitorShell } from '#app/_ui/visitor-shell';
import { ApplicationFrame, AskApplication } from '#app/connect-session/_parts/application-frame';
import { managedHere, PageOver, ReconnectForm } from '#app/connect-session/_parts/managed';
import { managePage } from '#lib/connect-sessions/link';
import { listManaged, type ManagedPage } from '#lib/connect-sessions/managed';
import { needsPerson } from '#lib/connections/needs-person';
import type { ConnectionView } from '#lib/connections/views';
import { visitorPage } from '#lib/web/page';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';

export const metadata: Metadata = { title: 'Connected accounts' };

interface ManageProps {
  params: Promise<{ id: string }>;
  searchParams: Promise<SearchParams>;
}

/** The accounts that a person connected through an application, for the one browser that opened the page. */
export default async function Manage({ params, searchParams }: ManageProps) {
  const { config } = await visitorPage();
  const { id } = await params;
  const page = await managedHere(id);
  return (
    <VisitorShell organisation={config.organisation}>
      {page ? <Accounts id={id} page={page} search={await searchParams} /> : <PageOver />}
    </VisitorShell>
  );
}

async function Accounts({ id, page, search }: { id: string; page: ManagedPage; search: SearchParams }) {
  const { application, label, site, back } = page;
  const connections = await listManaged(page.ctx);
  const flow = flowParams(search);
  const refusal = flow ? refusalSentence(flow.code) : null;
  return (
    <>
      <ApplicationFrame application={application} />
      <div className="flex flex-col gap-2">
        <h1 className="text-title font-semibold tracking-tight">Your accounts connected to {application.name}</h1>
        {label && (
          <p>
            {application.name} knows you as <strong className="font-medium wrap-anywhere">{label}</strong>. If that is
            not you, close this page.
          </p>
        )}
      </div>
      {refusal && (
        <Notice tone="bad" title="Nothing was changed" reference={flow?.reference ?? undefined} arrival>
          <p>{refusal}</p>
        </Notice>
      )}
      {connections.length === 0 ? (
        <p className="card p-5 text-soft">No account is connected. You connect one at {site}.</p>
      ) : (
        <ul className="flex flex-col gap-3">
          {connections.map((connection) => (
            <li key={connection.id}>
              <Account id={id} connection={connection} mayReconnect={page.reconnects(connection.provider.id)} />
            </li>
          ))}
        </ul>
      )}
      <p className="flex flex-wrap gap-x-4 gap-y-2 text-meta">
        <a href={back} className="link" rel="noreferrer">
          Back to {application.name}
        </a>
        <AskApplication application={application} />
      </p>
    </>
  );
}

interface AccountProps {
  id: string;
  connection: ConnectionView;
  mayReconnect: boolean;
}

function Account({ id, connection, mayReconnect }: AccountProps) {
  const { provider, account, status, lastUsedAt } = connection;
  const live = status !== 'revoked';
  return (
    <div className="card flex flex-col gap-4 p-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="flex min-w-0 items-center gap-3">
          <ProviderMark provider={provider} />
          <div className="min-w-0">
            <h2 className="font-semibold wrap-anywhere">{account.label}</h2>
            <p className="text-meta text-soft">
              {provider.name}, {lastUsedAt ? 'last used ' : ''}
              <TimeOr at={lastUsedAt} otherwise="not used yet" />
            </p>
          </div>
        </div>
        <Status status={status} />
      </div>
      <div className="flex flex-wrap gap-2">
        {live && status !== 'frozen' && mayReconnect && (
          <ReconnectForm id={id} connection={connection} primary={needsPerson(connection)} />
        )}
        <Link href={managePage(id, connection.id)} className="btn btn-plain">
          {live ? 'Details and disconnect' : 'Details'}
        </Link>
      </div>
    </div>
  );
}
