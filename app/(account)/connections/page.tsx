import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { BackLink } from '#app/_ui/back-link';
import { EmptyState } from '#app/_ui/empty-state';
import { Plug, TriangleAlert } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { MenuDismiss } from '#app/_ui/menu-dismiss';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { listProviderCards } from '#lib/connections/cards';
import { listWaiting } from '#lib/connections/list-waiting';
import { unchosen } from '#lib/connections/needs-person';
import type { ConnectionView, ProviderCardView } from '#lib/connections/views';
import { orNotFound, personPage } from '#lib/web/page';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { article } from '#ui/status-words';
import { ProviderCard } from './_parts/provider-card.tsx';

interface ConnectionsProps {
  searchParams: Promise<SearchParams>;
}

const path = '/connections';

export async function generateMetadata({ searchParams }: ConnectionsProps): Promise<Metadata> {
  const { only } = readListAddress(await searchParams, ['only']).filters;
  const ctx = await personPage(path);
  const provider = only && ctx.providers.get(only);
  return { title: provider ? `Connections, ${provider.name}` : 'Connections' };
}

export default async function Connections({ searchParams }: ConnectionsProps) {
  const ctx = await personPage(path);
  const search = await searchParams;
  const at = readListAddress(search, ['only']);
  const { only } = at.filters;
  const flow = flowParams(search);
  const [{ items: cards, nextCursor }, waiting] = await orNotFound(
    Promise.all([
      listProviderCards(ctx, { only, cursor: at.cursor, including: flow?.connection ?? undefined }),
      listWaiting(ctx),
    ]),
  );
  if (only && cards.length === 0) notFound();
  const homeless = flow && !cards.some(({ provider }) => provider.id === flow.provider) ? flow : null;
  const refusal = homeless ? refusalSentence(homeless.code) : null;
  // What needs the person first, then what works, then what could be connected; the configured order within each.
  const rank = ({ provider, live }: ProviderCardView) =>
    waiting.items.some((one) => one.provider.id === provider.id) ? 0 : live > 0 ? 1 : 2;
  const sorted = cards.toSorted((a, b) => rank(a) - rank(b));
  return (
    <>
      {only && <BackLink href={path}>Connections</BackLink>}
      <PageHeading title="Connections">
        The accounts you let this hub use, and what each of them allows. You can take any of it back here.
      </PageHeading>
      <div className="flex flex-col gap-4">
        {refusal && (
          <Notice tone="bad" title="That did not work" reference={homeless?.reference ?? undefined} arrival>
            <p>{refusal}</p>
          </Notice>
        )}
        {!only && <NeedsYou {...waiting} cards={cards} />}
        {cards.length === 0 ? (
          <EmptyState icon={Plug} title="Nothing to connect yet">
            Providers such as GitHub or Google appear here once the operator of this hub has set them up.
          </EmptyState>
        ) : (
          <div className={`grid grid-cols-1 items-start gap-4 ${only ? 'max-w-xl' : 'sm:grid-cols-2 lg:grid-cols-3'}`}>
            {sorted.map((card) => (
              <ProviderCard
                key={card.provider.id}
                card={card}
                flow={flow?.provider === card.provider.id ? flow : null}
                all={only ? null : `${path}?${new URLSearchParams({ only: card.provider.id })}`}
              />
            ))}
          </div>
        )}
        {only && <Pager path={path} at={at} nextCursor={nextCursor} />}
      </div>
      <MenuDismiss />
    </>
  );
}

/** So many stand by name at the top of the page; the next ones come when these are done. */
const namedAtOnce = 10;

interface NeedsYouProps {
  items: ConnectionView[];
  more: boolean;
  cards: ProviderCardView[];
}

/** Says at the top what waits for the person, and leads there: to its card, or to its own page where no card shows it. */
function NeedsYou({ items, more, cards }: NeedsYouProps) {
  if (items.length === 0) return null;
  const onCards = new Set(cards.flatMap(({ connections }) => connections.map(({ id }) => id)));
  const further = items.length - namedAtOnce;
  return (
    <section aria-label="What needs you" className="flex gap-3 rounded-xl bg-warn-tint p-4">
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-5 flex-none text-warn" />
      <div className="min-w-0">
        <p className="font-medium">
          {items.length === 1 && !more
            ? 'One connection needs you'
            : `${more ? 'At least ' : ''}${items.length} connections need you`}
        </p>
        <ul className="mt-1 flex flex-col gap-1">
          {items.slice(0, namedAtOnce).map(({ id, provider, account, ...connection }) => (
            <li key={id} className="wrap-anywhere">
              {onCards.has(id) ? (
                <a href={`#provider-${provider.id}`} className="link">
                  {provider.name}, {account.label}
                </a>
              ) : (
                <Link href={`${path}/${id}`} className="link">
                  {provider.name}, {account.label}
                </Link>
              )}
              : {whatToDo(connection)}
            </li>
          ))}
        </ul>
        {further > 0 && <p className="mt-1">{further === 1 ? 'And one more.' : `And ${further} more.`}</p>}
      </div>
    </section>
  );
}

function whatToDo(connection: Pick<ConnectionView, 'status' | 'missingScopes' | 'choices'>): string {
  if (connection.status === 'needs_reconnect') return 'reconnect it to continue';
  if (connection.missingScopes.length > 0) return 'some permissions are missing';
  const open = unchosen(connection);
  return open ? `choose ${article(open)} to finish` : 'name it, so that you recognize it';
}
