import { Webhook } from 'lucide-react';
import type { Metadata } from 'next';
import { BackLink } from '#app/_ui/back-link';
import { EmptyState } from '#app/_ui/empty-state';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { TimeOr } from '#app/_ui/time';
import { adminPage } from '#lib/http/page';
import { listWebhooks } from '#lib/webhooks/list';
import { type WebhookView, webhookTypes } from '#lib/webhooks/views';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { StandingBrakes } from '../../_parts/standing-brakes.tsx';
import { CreateWebhook } from './_parts/create-webhook.tsx';
import { WebhookState } from './_parts/marks.tsx';

export const metadata: Metadata = { title: 'Webhooks' };

const path = '/admin/alerts/webhooks';

export default async function Webhooks() {
  const ctx = await adminPage(path);
  const webhooks = await listWebhooks(ctx);
  const administrator = ctx.actor.role === 'administrator';
  return (
    <>
      <StandingBrakes />
      <BackLink href="/admin/alerts">Alerts</BackLink>
      <PageHeading title="Webhooks">
        Where alerts and what becomes of connections are sent, signed. A message that is not taken is tried again for a
        day.
      </PageHeading>
      <div className={administrator ? 'grid items-start gap-6 2xl:grid-cols-[minmax(0,1fr)_24rem]' : ''}>
        <div className="min-w-0">
          {webhooks.length > 0 ? (
            <WebhookTable webhooks={webhooks} />
          ) : (
            <EmptyState icon={Webhook} title="No webhooks yet">
              {administrator ? 'Add the first with the form here' : 'Administrators add them'}; it then stands in this
              list with what was sent to it.
            </EmptyState>
          )}
        </div>
        {administrator && (
          <div className="w-full max-w-2xl 2xl:max-w-none">
            <CreateWebhook types={webhookTypes} />
          </div>
        )}
      </div>
    </>
  );
}

function WebhookTable({ webhooks }: { webhooks: WebhookView[] }) {
  return (
    <DataTable
      label="Webhooks"
      head={
        <>
          <Th>Name</Th>
          <Th from="sm">State</Th>
          <Th from="lg">Messages</Th>
          <Th from="md">On their way</Th>
          <Th from="md">Given up</Th>
          <Th from="sm">Last delivered</Th>
        </>
      }
    >
      {webhooks.map((webhook) => (
        <Tr key={webhook.id}>
          <Td>
            <Link
              href={`${path}/${webhook.id}`}
              className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
            >
              {webhook.name}
            </Link>
            <code className="block font-mono text-meta wrap-anywhere text-soft">{new URL(webhook.url).host}</code>
            <span className="mt-1 block @min-[36rem]:hidden">
              <WebhookState webhook={webhook} />
            </span>
          </Td>
          <Td from="sm">
            <WebhookState webhook={webhook} />
          </Td>
          <Td from="lg">{webhook.types === null ? 'all' : webhook.types.length}</Td>
          <Td from="md">
            <span className="tabular">{webhook.pending}</span>
          </Td>
          <Td from="md">
            <span className="tabular">{webhook.failed}</span>
          </Td>
          <Td from="sm">
            <TimeOr at={webhook.lastDeliveredAt} otherwise="never" />
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}
