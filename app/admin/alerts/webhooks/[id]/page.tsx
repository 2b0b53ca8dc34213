import { Send } from 'lucide-react';
import type { Metadata } from 'next';
import { BackLink } from '#app/_ui/back-link';
import { EmptyState } from '#app/_ui/empty-state';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Time, TimeOr } from '#app/_ui/time';
import { adminPage, orNotFound } from '#lib/http/page';
import { getWebhook } from '#lib/webhooks/list';
import { listDeliveries } from '#lib/webhooks/list-deliveries';
import type { DeliveryView, WebhookView } from '#lib/webhooks/views';
import type { SearchParams } from '#ui/flow-result';
import { DataTable, Td, Th, Tr } from '../../../_parts/data-table.tsx';
import { StandingBrakes } from '../../../_parts/standing-brakes.tsx';
import { DeliveryState, WebhookState } from '../_parts/marks.tsx';
import { WebhookActions } from '../_parts/webhook-actions.tsx';

export const metadata: Metadata = { title: 'Webhook' };

interface WebhookPageProps {
  params: Promise<{ id: string }>;
  searchParams: Promise<SearchParams>;
}

export default async function WebhookPage({ params, searchParams }: WebhookPageProps) {
  const { id } = await params;
  const path = `/admin/alerts/webhooks/${encodeURIComponent(id)}`;
  const ctx = await adminPage(path);
  const { before } = await searchParams;
  const [webhook, { items, nextBefore }] = await orNotFound(
    Promise.all([getWebhook(ctx, id), listDeliveries(ctx, { webhook: id, before: before || undefined })]),
  );
  return (
    <>
      <StandingBrakes />
      <BackLink href="/admin/alerts/webhooks">Webhooks</BackLink>
      <h1 className="mb-6 text-title font-semibold tracking-tight wrap-anywhere">{webhook.name}</h1>
      <div className="mb-6 grid items-start gap-4 xl:grid-cols-2">
        <section aria-labelledby="facts" className="card p-5">
          <h2 id="facts" className="mb-4 text-section font-semibold">
            Webhook
          </h2>
          <WebhookFacts webhook={webhook} />
        </section>
        {ctx.actor.role === 'administrator' && (
          <WebhookActions id={webhook.id} name={webhook.name} enabled={webhook.disabledAt === null} />
        )}
      </div>
      <h2 id="log" className="mb-3 text-section font-semibold">
        Delivery log
      </h2>
      {items.length > 0 ? (
        <DeliveryTable deliveries={items} />
      ) : (
        <EmptyState icon={Send} title="Nothing was sent">
          Each message stands here for thirty days, with how its last attempt went.
        </EmptyState>
      )}
      {nextBefore !== null && (
        <p className="mt-4 flex justify-end">
          <Link href={`${path}?before=${nextBefore}`} rel="next" className="btn btn-small btn-plain">
            Next
          </Link>
        </p>
      )}
    </>
  );
}

function WebhookFacts({ webhook }: { webhook: WebhookView }) {
  return (
    <Facts>
      <Fact label="State">
        <WebhookState webhook={webhook} />
      </Fact>
      <Fact label="Address">
        <code className="font-mono text-meta wrap-anywhere">{webhook.url}</code>
      </Fact>
      <Fact label="Messages">
        {webhook.types === null ? 'all' : <code className="font-mono text-meta">{webhook.types.join(' ')}</code>}
      </Fact>
      {webhook.previousUntil && (
        <Fact label="Signed twice">
          until <Time at={webhook.previousUntil} />, with the secret before as well
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

function DeliveryTable({ deliveries }: { deliveries: DeliveryView[] }) {
  return (
    <DataTable
      label="Delivery log"
      head={
        <>
          <Th>Message</Th>
          <Th>State</Th>
          <Th from="sm">Last answer</Th>
          <Th from="md">Attempts</Th>
          <Th from="sm">Made</Th>
          <Th from="lg">Next attempt</Th>
        </>
      }
    >
      {deliveries.map((delivery) => (
        <Tr key={delivery.id}>
          <Td>
            <code className="font-mono text-meta">{delivery.type}</code>
            <code className="block font-mono text-meta wrap-anywhere text-soft">{delivery.messageId}</code>
          </Td>
          <Td>
            <DeliveryState state={delivery.state} />
          </Td>
          <Td from="sm">{delivery.lastStatus ?? delivery.lastCode ?? 'none yet'}</Td>
          <Td from="md">
            <span className="tabular">{delivery.attempts}</span>
          </Td>
          <Td from="sm">
            <Time at={delivery.createdAt} />
          </Td>
          <Td from="lg">
            <TimeOr at={delivery.nextAttemptAt} otherwise="none" />
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}
