import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { AccountParamFields } from '#app/_ui/account-param-fields';
import { BackLink } from '#app/_ui/back-link';
import { ConnectForm } from '#app/_ui/connect-form';
import { Link } from '#app/_ui/link';
import { ProviderMark } from '#app/_ui/provider-mark';
import { ScopeList } from '#app/_ui/scope-list';
import { listProviderCards } from '#lib/connections/cards';
import { personPage } from '#lib/web/page';
import { connectPage, safeReturnTo } from '#lib/web/return-to';
import { cardPath } from '#ui/card-path';
import type { SearchParams } from '#ui/flow-result';

export const metadata: Metadata = { title: 'Connect' };

/** What a link to connect leads to: nothing begins before the person presses the button. */
export default async function ConnectPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const search = await searchParams;
  const wanted = typeof search.provider === 'string' ? search.provider : '';
  const link = new URLSearchParams({ provider: wanted });
  if (typeof search.return_to === 'string') link.set('return_to', search.return_to);
  // After a sign-in the browser comes back to the whole link.
  const ctx = await personPage(connectPage(link));
  const card = (await listProviderCards(ctx, { limit: 1 })).items.find(
    ({ provider, configured }) => configured && provider.id === wanted,
  );
  if (!card) notFound();
  const { provider, scopes, accountParams } = card;
  const returnTo = typeof search.return_to === 'string' ? safeReturnTo(search.return_to) : cardPath(provider.id);
  return (
    <div className="mx-auto max-w-xl">
      <BackLink href="/connections">Connections</BackLink>
      <div className="card flex flex-col gap-4 p-5 sm:p-6">
        <div className="flex items-center gap-3">
          <ProviderMark provider={provider} />
          <h1 className="text-title font-semibold tracking-tight">Connect {provider.name}</h1>
        </div>
        {scopes.length > 0 && (
          <div>
            <p className="mb-1 text-soft">{provider.name} will ask you to let this hub</p>
            <ScopeList scopes={scopes} kind="asked" />
          </div>
        )}
        <ConnectForm intent="connect" provider={provider.id} returnTo={returnTo} className="flex flex-col gap-4">
          <AccountParamFields provider={provider.id} params={accountParams} />
          <div className="flex flex-wrap gap-2">
            <button type="submit" className="btn btn-named btn-primary">
              Connect {provider.name}
            </button>
            <Link href="/connections" className="btn btn-plain">
              Not now
            </Link>
          </div>
        </ConnectForm>
      </div>
    </div>
  );
}
