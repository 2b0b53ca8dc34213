import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { Plug, TriangleAlert } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { MenuDismiss } from '#app/_ui/menu-dismiss';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { listProviderCards } from '#lib/connections/cards';
import type { ProviderCardView } from '#lib/connections/views';
import { orNotFound, personPage } from '#lib/web/page';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';
import { nextAddress, previousAddress, readListAddress } from '#ui/list-address';
import { needsPerson } from '#ui/status-words';
import { ProviderCard } from './_parts/provider-card.tsx';

export const metadata: Metadata = { title: 'Connections' };

/** What needs the person first, then what works, then what could be connected; the configured order within each. */
function rank({ connections, configured }: ProviderCardView): number {
  if (configured && connections.some(needsPerson)) return 0;
  return connections.some(({ status }) => status !== 'revoked') ? 1 : 2;
}

const path = '/connections';

export default async function Connections({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await personPage('/connections');
  const search = await searchParams;
  const at = readListAddress(search, []);
  const { items: cards, nextCursor } = await orNotFound(listProviderCards(ctx, { cursor: at.cursor }));
  const previous = previousAddress(path, at);
  const flow = flowParams(search);
  const homeless = flow && !cards.some(({ provider }) => provider.id === flow.provider) ? flow : null;
  const refusal = homeless ? refusalSentence(homeless.code) : null;
  const sorted = cards.toSorted((a, b) => rank(a) - rank(b));
  return (
    <>
      <PageHeading title="Connections">
        The accounts you let this hub use, and what each of them allows. You can take any of it back here.
      </PageHeading>
      <div className="flex flex-col gap-4">
        {refusal && (
          <Notice tone="bad" title="That did not work" reference={homeless?.reference ?? undefined} arrival>
            <p>{refusal}</p>
          </Notice>
        )}
        <NeedsYou cards={sorted} />
        {cards.length === 0 ? (
          <EmptyState icon={Plug} title="Nothing to connect yet">
            Providers such as GitHub or Google appear here once the operator of this hub has set them up.
          </EmptyState>
        ) : (
          <div className="grid grid-cols-1 items-start gap-4 sm:grid-cols-2 lg:grid-cols-3">
            {sorted.map((card) => (
              <ProviderCard
                key={card.provider.id}
                card={card}
                flow={flow?.provider === card.provider.id ? flow : null}
              />
            ))}
          </div>
        )}
        {(previous || nextCursor) && (
          <nav aria-label="Pages" className="flex justify-end gap-2">
            {previous && (
              <Link href={previous} rel="prev" className="btn btn-small btn-plain">
                Newer connections
              </Link>
            )}
            {nextCursor && (
              <Link href={nextAddress(path, at, nextCursor)} rel="next" className="btn btn-small btn-plain">
                Older connections
              </Link>
            )}
          </nav>
        )}
      </div>
      <MenuDismiss />
    </>
  );
}

/** Says at the top what waits for the person, and leads there. */
function NeedsYou({ cards }: { cards: ProviderCardView[] }) {
  const waiting = cards.flatMap(({ provider, connections, configured }) =>
    connections
      .filter((connection) => configured && needsPerson(connection))
      .map(({ id, account, status }) => ({ id, provider, account, status })),
  );
  if (waiting.length === 0) return null;
  return (
    <section aria-label="What needs you" className="flex gap-3 rounded-xl bg-warn-tint p-4">
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-5 flex-none text-warn" />
      <div>
        <p className="font-medium">
          {waiting.length === 1 ? 'One connection needs you' : `${waiting.length} connections need you`}
        </p>
        <ul className="mt-1 flex flex-col gap-1">
          {waiting.map(({ id, provider, account, status }) => (
            <li key={id}>
              <a href={`#provider-${provider.id}`} className="link">
                {provider.name}, {account.label}
              </a>
              : {status === 'needs_reconnect' ? 'reconnect it to continue' : 'some permissions are missing'}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
