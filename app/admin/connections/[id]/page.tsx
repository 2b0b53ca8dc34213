import type { Metadata } from 'next';
import { BackLink } from '#app/_ui/back-link';
import { ConnectionFacts } from '#app/_ui/connection-facts';
import { Evidence } from '#app/_ui/evidence';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { ProviderMark } from '#app/_ui/provider-mark';
import { Time } from '#app/_ui/time';
import { Timeline } from '#app/_ui/timeline';
import { getConnection } from '#lib/connections/get';
import { connectionHistory } from '#lib/connections/history';
import type { RevocationView } from '#lib/connections/views';
import { standingFreeze } from '#lib/freezes/list';
import { getPerson } from '#lib/people/get';
import { relaxationsOf } from '#lib/providers/relaxations';
import { getBlastRadius } from '#lib/revocation/blast-radius';
import { adminPage, inPart, orNotFound } from '#lib/web/page';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { FreezeControl } from '../../freezes/_parts/freeze-control.tsx';
import { Relaxations } from '../_parts/connection-table.tsx';
import { RevokeOne } from '../_parts/revoke-one.tsx';

export const metadata: Metadata = { title: 'Connection' };

export default async function AdminConnection({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const ctx = await adminPage(`/admin/connections/${encodeURIComponent(id)}`);
  const [connection, history, freeze, blastRadius] = await orNotFound(
    Promise.all([
      getConnection(ctx, { id }),
      connectionHistory(ctx, { id }),
      standingFreeze(ctx, { scope: 'connection', target: id }),
      getBlastRadius(ctx, { id }),
    ]),
  );
  const { provider, account, personId, status, revocation } = connection;
  const person = await inPart(ctx, 'person', getPerson(ctx, { id: personId }));
  const configured = ctx.providers.get(provider.id);
  const label = account.label || account.subject;
  const administrator = ctx.actor.role === 'administrator';
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
                {person?.name ?? person?.email ?? personId}
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
            />
            {administrator && <RevokeOne id={id} label={`${label}, ${provider.name}`} blastRadius={blastRadius} />}
          </div>
        )}
      </div>
      <div className="flex flex-col gap-4">
        {revocation && <Revocation revocation={revocation} provider={provider.name} />}
        {revocation && <Evidence revocation={revocation} provider={provider.name} fingerprints />}
        <div className="grid items-start gap-4 xl:grid-cols-2">
          <section aria-labelledby="facts" className="card p-5">
            <h2 id="facts" className="mb-4 text-section font-semibold">
              Connection
            </h2>
            <ConnectionFacts connection={connection} technical />
          </section>
          <section aria-labelledby="history" className="card p-5">
            <h2 id="history" className="mb-4 text-section font-semibold">
              History
            </h2>
            <Timeline history={history} technical />
            <p className="mt-4 text-meta">
              <Link href={`/admin/ledger?connection=${encodeURIComponent(id)}`} className="link">
                All of it in the ledger
              </Link>
            </p>
          </section>
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
