import type { Metadata } from 'next';
import { cache } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { Clock } from '#app/_ui/clock';
import { EmptyState } from '#app/_ui/empty-state';
import { Fact, Facts } from '#app/_ui/facts';
import { SearchX, Send } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Pager } from '#app/_ui/pager';
import { Panel } from '#app/_ui/panel';
import { Time, TimeOr } from '#app/_ui/time';
import { ZoneNote } from '#app/_ui/zone-note';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, orNotFound, titleOf } from '#lib/web/page';
import { getWebhook } from '#lib/webhooks/list';
import { listDeliveries } from '#lib/webhooks/list-deliveries';
import type { DeliveryView, WebhookView } from '#lib/webhooks/views';
import type { SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { DataTable, Td, Th, Tr } from '../../../_parts/data-table.tsx';
import { listRows } from '../../../_parts/list-rows.ts';
import { RowsByDay } from '../../../_parts/rows-by-day.tsx';
import { StandingFreezes } from '../../../_parts/standing-freezes.tsx';
import { StateFilter } from '../../../_parts/state-filter.tsx';
import { signInUntil } from '../../../_parts/step-up-notice.tsx';
import { answerText } from '../_parts/answer-words.ts';
import { DeliveryState, WebhookState } from '../_parts/marks.tsx';
import { RetryAll } from '../_parts/retry.tsx';
import { WebhookActions } from '../_parts/webhook-actions.tsx';

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string) =>
  getWebhook(await adminPage(`/admin/alerts/webhooks/${encodeURIComponent(id)}`), id),
);

export async function generateMetadata({ params }: WebhookPageProps): Promise<Metadata> {
  return { title: (await titleOf(readOnce((await params).id)))?.name ?? 'Webhook' };
}

interface WebhookPageProps {
  params: Promise<{ id: string }>;
  searchParams: Promise<SearchParams>;
}

const filters = [
  { state: undefined, word: 'All' },
  { state: 'pending', word: 'Pending' },
  { state: 'failed', word: 'Given up' },
  { state: 'delivered', word: 'Delivered' },
  { state: 'dropped', word: 'Dropped' },
] as const;

export default async function WebhookPage({ params, searchParams }: WebhookPageProps) {
  const { id } = await params;
  const path = `/admin/alerts/webhooks/${encodeURIComponent(id)}`;
  const ctx = await adminPage(path);
  const at = readListAddress(await searchParams, ['state']);
  const chosen = filters.find(({ state }) => state === at.filters.state)?.state;
  const [[webhook, { items, nextBefore }], stepUp] = await Promise.all([
    orNotFound(
      Promise.all([
        readOnce(id),
        listDeliveries(ctx, { webhook: id, state: chosen, before: at.cursor, limit: listRows }),
      ]),
    ),
    readStepUp(ctx),
  ]);
  const administrator = ctx.actor.role === 'administrator';
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/alerts/webhooks">Webhooks</BackLink>
      <h1 className="mb-6 text-title font-semibold tracking-tight wrap-anywhere">{webhook.name}</h1>
      <div className="mb-8 grid items-start gap-4 xl:grid-cols-2">
        <Panel id="facts" title="Webhook">
          <WebhookFacts webhook={webhook} />
        </Panel>
        {administrator && (
          <WebhookActions
            id={webhook.id}
            name={webhook.name}
            enabled={webhook.disabledAt === null}
            signInUntil={signInUntil(stepUp)}
          />
        )}
      </div>
      <h2 id="log" className="text-section font-semibold">
        Delivery log
      </h2>
      <p className="mt-1 mb-4 max-w-[75ch] text-soft">
        Each message of the last thirty days. One that is not taken is tried again for a day, and what tells of the same
        connection waits for it.
      </p>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <StateFilter label="State of messages" path={path} at={at} filters={filters} chosen={chosen} />
        {administrator && webhook.disabledAt === null && (
          <div className="ml-auto">
            <RetryAll webhook={webhook.id} failed={webhook.failed} />
          </div>
        )}
      </div>
      {items.length > 0 ? (
        <>
          <div className="mb-4">
            <ZoneNote />
          </div>
          <DeliveryTable path={path} deliveries={items} />
        </>
      ) : chosen || at.cursor ? (
        <EmptyState icon={SearchX} title="None here">
          No message is in this state.
        </EmptyState>
      ) : (
        <EmptyState icon={Send} title="Nothing was sent">
          What is sent stands here, with how each attempt went.
        </EmptyState>
      )}
      <Pager path={path} at={at} nextCursor={nextBefore === null ? null : String(nextBefore)} />
    </>
  );
}

function WebhookFacts({ webhook }: { webhook: WebhookView }) {
  return (
    <Facts>
      <Fact label="State">
        <WebhookState webhook={webhook} />
        {webhook.disabledReason === 'gone' && (
          <span className="block text-meta text-soft">The receiver answered 410: it wants no more messages.</span>
        )}
      </Fact>
      <Fact label="Address">
        <code className="font-mono text-meta wrap-anywhere">{webhook.url}</code>
      </Fact>
      <Fact label="Messages">
        {webhook.types === null ? (
          'All, also later kinds'
        ) : (
          <ul>
            {webhook.types.map((type) => (
              <li key={type}>
                <code className="font-mono text-meta">{type}</code>
              </li>
            ))}
          </ul>
        )}
      </Fact>
      {webhook.previousUntil && (
        <Fact label="Signed twice">
          With the secret before as well, until it ends <Time at={webhook.previousUntil} />
        </Fact>
      )}
      <Fact label="Added">
        <Time at={webhook.createdAt} />
      </Fact>
      <Fact label="Last delivered">
        <TimeOr at={webhook.lastDeliveredAt} otherwise="never" />
      </Fact>
      <Fact label="Id">
        <code className="font-mono text-meta wrap-anywhere">{webhook.id}</code>
      </Fact>
    </Facts>
  );
}

function DeliveryTable({ path, deliveries }: { path: string; deliveries: DeliveryView[] }) {
  return (
    <DataTable
      label="Delivery log"
      head={
        <>
          <Th>Message</Th>
          <Th from="sm">State</Th>
          <Th from="sm">Last answer</Th>
          <Th from="lg">Attempts</Th>
          <Th from="md">Made</Th>
          <Th from="lg">Next attempt</Th>
        </>
      }
    >
      <RowsByDay items={deliveries} at={({ createdAt }) => createdAt} columns={6}>
        {(delivery) => (
          <Tr key={delivery.id}>
            <Td>
              <span className="block py-1 md:py-2">
                <Link href={`${path}/${delivery.id}`} className="hover:text-accent hover:underline">
                  <code className="font-mono wrap-anywhere">{delivery.type}</code>
                </Link>
                {delivery.subject && (
                  <code className="block font-mono wrap-anywhere text-soft">{delivery.subject}</code>
                )}
                <span className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 @min-[36rem]:hidden">
                  <DeliveryState state={delivery.state} />
                  {delivery.state !== 'delivered' && <LastAnswer delivery={delivery} />}
                </span>
              </span>
            </Td>
            <Td from="sm">
              <DeliveryState state={delivery.state} />
            </Td>
            <Td from="sm">
              <LastAnswer delivery={delivery} />
            </Td>
            <Td from="lg">
              <span className="tabular">{delivery.attempts}</span>
            </Td>
            <Td from="md">
              <Clock at={delivery.createdAt.toISOString()} />
            </Td>
            <Td from="lg">
              <TimeOr at={delivery.nextAttemptAt} otherwise="none" />
            </Td>
          </Tr>
        )}
      </RowsByDay>
    </DataTable>
  );
}

function LastAnswer({ delivery: { lastStatus: status, lastCode: code } }: { delivery: DeliveryView }) {
  return answerText({ status, code }) ?? 'None yet';
}
