import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { BlastRadius } from '#app/_ui/blast-radius';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { ProviderMark } from '#app/_ui/provider-mark';
import { getConnection } from '#lib/connections/get';
import { getBlastRadius } from '#lib/revocation/blast-radius';
import { orNotFound, personPage, titleOf } from '#lib/web/page';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';
import { disconnect } from './actions.ts';

interface DisconnectPageProps {
  params: Promise<{ id: string }>;
  searchParams: Promise<SearchParams>;
}

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string) =>
  getConnection(await personPage(`/connections/${encodeURIComponent(id)}/disconnect`), { id }),
);

export async function generateMetadata({ params }: DisconnectPageProps): Promise<Metadata> {
  const { id } = await params;
  const ctx = await personPage(`/connections/${encodeURIComponent(id)}/disconnect`);
  const connection = await titleOf(readOnce(id));
  if (connection?.personId !== ctx.actor.personId) return { title: 'Disconnect' };
  return { title: `Disconnect ${connection.account.label}, ${connection.provider.name}` };
}

export default async function DisconnectPage({ params, searchParams }: DisconnectPageProps) {
  const { id } = await params;
  const path = `/connections/${encodeURIComponent(id)}`;
  const ctx = await personPage(`${path}/disconnect`);
  const [connection, blastRadius] = await orNotFound(Promise.all([readOnce(id), getBlastRadius(ctx, { id })]));
  // These are a person's own pages; administrators and auditors have others.
  if (connection.personId !== ctx.actor.personId) notFound();
  const { provider, account } = connection;
  const flow = flowParams(await searchParams);
  const refusal = flow ? refusalSentence(flow.code) : null;
  return (
    <div className="mx-auto max-w-xl">
      <BackLink href={path}>{account.label}</BackLink>
      <div className="card flex flex-col gap-4 p-5 sm:p-6">
        <div className="flex items-center gap-3">
          <ProviderMark provider={provider} />
          <h1 className="min-w-0 text-title font-semibold tracking-tight wrap-anywhere">
            Disconnect {account.label} from {provider.name}?
          </h1>
        </div>
        {refusal && (
          <Notice tone="bad" title="It is still connected" reference={flow?.reference ?? undefined} arrival>
            <p>{refusal}</p>
          </Notice>
        )}
        {connection.status === 'revoked' ? (
          <p>This account is disconnected already.</p>
        ) : (
          <>
            <ul className="flex list-disc flex-col gap-1 pl-5">
              <li>Every service that uses this account stops getting access at once.</li>
              <li>{provider.name} is told to end the access too; if it does not answer, it is asked again.</li>
              <li>This cannot be undone. Connecting the account later makes a new connection.</li>
            </ul>
            <BlastRadius found={blastRadius} provider={provider.name} />
            <div className="flex flex-wrap gap-2">
              <form action={disconnect}>
                <input type="hidden" name="id" value={id} />
                <button type="submit" className="btn btn-danger">
                  Disconnect
                </button>
              </form>
              <Link href={path} className="btn btn-plain">
                Keep it
              </Link>
            </div>
          </>
        )}
      </div>
    </div>
  );
}
