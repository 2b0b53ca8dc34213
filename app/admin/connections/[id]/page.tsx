import type { Metadata } from 'next';
import { cache } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { ConnectionFacts } from '#app/_ui/connection-facts';
import { Evidence } from '#app/_ui/evidence';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { Panel } from '#app/_ui/panel';
import { ProviderMark } from '#app/_ui/provider-mark';
import { Time } from '#app/_ui/time';
import { Timeline } from '#app/_ui/timeline';
import { UsedBy } from '#app/_ui/used-by';
import { getConnection } from '#lib/connections/get';
import { connectionHistory } from '#lib/connections/history';
import { listServices } from '#lib/connections/services';
import type { RevocationView } from '#lib/connections/views';
import { readZone } from '#lib/cookies/zone';
import { standingFreeze } from '#lib/freezes/list';
import { countReconnects } from '#lib/person-mails/ask-reconnect';
import { connectionAddress } from '#lib/person-mails/compose';
import { relaxationsOf } from '#lib/providers/relaxations';
import { getBlastRadius } from '#lib/revocation/blast-radius';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, inPart, orNotFound, titleOf } from '#lib/web/page';
import { AskReconnect } from '../../_parts/ask-reconnect.tsx';
import { FrozenBy } from '../../_parts/frozen-by.tsx';
import { Reconnects } from '../../_parts/reconnects.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { signInUntil } from '../../_parts/step-up-notice.tsx';
import { Unread } from '../../_parts/unread.tsx';
import { FreezeControl } from '../../freezes/_parts/freeze-control.tsx';
import { personName, Relaxations } from '../_parts/connection-table.tsx';
import { RevokeOne } from '../_parts/revoke-one.tsx';
import { askOne } from '../actions.ts';

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string) =>
  getConnection(await adminPage(`/admin/connections/${encodeURIComponent(id)}`), { id }),
);

export async function generateMetadata({ params }: { params: Promise<{ id: string }> }): Promise<Metadata> {
  const { id } = await params;
  const connection = await titleOf(readOnce(id));
  const name = connection && `${connection.account.label || connection.account.subject}, ${connection.provider.name}`;
  return { title: name ?? 'Connection' };
}

export default async function AdminConnection({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const ctx = await adminPage(`/admin/connections/${encodeURIComponent(id)}`);
  const { zone } = await readZone();
  const [connection, history, freeze, blastRadius] = await orNotFound(
    Promise.all([
      readOnce(id),
      connectionHistory(ctx, { id, zone }),
      standingFreeze(ctx, { scope: 'connection', target: id }),
      getBlastRadius(ctx, { id }),
    ]),
  );
  const { provider, account, personId, status, revocation } = connection;
  const administrator = ctx.actor.role === 'administrator';
  const asks = administrator && status === 'needs_reconnect';
  const [services, stepUp, reconnects] = await Promise.all([
    inPart(ctx, 'services', listServices(ctx, { id })),
    readStepUp(ctx),
    asks ? inPart(ctx, 'reconnects', countReconnects(ctx, { connection: id })) : null,
  ]);
  const configured = ctx.providers.get(provider.id);
  const label = account.label || account.subject;
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/connections">Connections</BackLink>
      <div className="mb-6 flex flex-wrap items-center justify-between gap-4">
        <div className="flex min-w-0 items-center gap-3">
          <ProviderMark provider={provider} />
          <div className="min-w-0">
            <h1 className="text-title font-semibold tracking-tight wrap-anywhere">{label}</h1>
            <p className="text-soft">
              {provider.name}
              <Relaxations words={configured ? relaxationsOf(configured) : []} />, of{' '}
              <Link href={`/admin/people/${personId}`} className="link wrap-anywhere">
                {personName(connection.person)}
              </Link>
            </p>
          </div>
        </div>
        {status !== 'revoked' && (
          <div className="flex flex-wrap items-center gap-2">
            <FreezeControl
              scope="connection"
              target={id}
              name={`${label}, ${provider.name}`}
              freeze={freeze}
              administrator={administrator}
              signInUntil={signInUntil(stepUp)}
            />
            {administrator && <RevokeOne id={id} label={`${label}, ${provider.name}`} blastRadius={blastRadius} />}
          </div>
        )}
      </div>
      {status !== 'revoked' && (
        <FrozenBy over={{ connection: id, person: personId, provider: provider.id }} beneath={connection.beneath} />
      )}
      <div className="flex flex-col gap-4">
        {revocation && <Revocation revocation={revocation} provider={provider.name} />}
        {revocation && <Evidence revocation={revocation} provider={provider.name} fingerprints />}
        {reconnects && (
          <Panel id="reconnect" title="Needs its person">
            <Reconnects address={connectionAddress(ctx.config, id)} counts={reconnects}>
              <AskReconnect fields={[['connection', id]]} action={askOne} {...reconnects.askable} />
            </Reconnects>
          </Panel>
        )}
        <Panel id="used-by" title="Used by">
          {services ? <UsedBy services={services} keyPages /> : <Unread reference={ctx.requestId} />}
        </Panel>
        <div className="grid items-start gap-4 xl:grid-cols-2">
          <Panel id="facts" title="Connection">
            <ConnectionFacts connection={connection} technical />
          </Panel>
          <Panel id="history" title="History">
            <Timeline history={history} technical />
            <p className="mt-4 text-meta">
              <Link href={`/admin/ledger?connection=${encodeURIComponent(id)}`} className="link">
                All of it in the ledger
              </Link>
            </p>
          </Panel>
        </div>
      </div>
    </>
  );
}

/** How far the provider's part of a revocation has come. */
function Revocation({ revocation, provider }: { revocation: RevocationView; provider: string }) {
  const { state, attempts, nextAttemptAt, finishedAt, lastErrorCode, manualUrl } = revocation;
  const titles: Record<RevocationView['state'], string> = {
    pending: `Revoked here; ${provider} has not confirmed yet`,
    revoked_upstream: `Revoked here and at ${provider}`,
    unsupported: `Revoked here; ${provider} offers no revocation to clients`,
    failed: `Revoked here; ${provider} could not be told`,
  };
  return (
    <Notice tone={state === 'revoked_upstream' ? 'good' : state === 'failed' ? 'bad' : 'info'} title={titles[state]}>
      <p className="text-meta">
        {attempts} {attempts === 1 ? 'attempt' : 'attempts'}
        {lastErrorCode && (
          <>
            , last error <code className="font-mono">{lastErrorCode}</code>
          </>
        )}
        {state === 'pending' && nextAttemptAt && (
          <>
            , next <Time at={nextAttemptAt} />
          </>
        )}
        {finishedAt && (
          <>
            , finished <Time at={finishedAt} />
          </>
        )}
      </p>
      {manualUrl && state !== 'revoked_upstream' && (
        <p>
          <a href={manualUrl} rel="noreferrer" className="link">
            {provider}’s own page for it
          </a>
        </p>
      )}
    </Notice>
  );
}
