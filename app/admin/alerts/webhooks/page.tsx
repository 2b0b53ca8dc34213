import type { Metadata } from 'next';
import { BackLink } from '#app/_ui/back-link';
import { EmptyState } from '#app/_ui/empty-state';
import { Webhook } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { TimeOr } from '#app/_ui/time';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage } from '#lib/web/page';
import { listWebhooks } from '#lib/webhooks/list';
import { type WebhookView, webhookTypes } from '#lib/webhooks/views';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { StepUpNotice } from '../../_parts/step-up-notice.tsx';
import { CreateWebhook } from './_parts/create-webhook.tsx';
import { WebhookState } from './_parts/marks.tsx';

export const metadata: Metadata = { title: 'Webhooks' };

const path = '/admin/alerts/webhooks';

export default async function Webhooks() {
  const ctx = await adminPage(path);
  const [webhooks, stepUp] = await Promise.all([listWebhooks(ctx), readStepUp(ctx)]);
  const administrator = ctx.actor.role === 'administrator';
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/alerts">Alerts</BackLink>
      <PageHeading title="Webhooks">
        Where signed messages about alerts and connections are sent. The hub retries a message that is not accepted for
        a day.
      </PageHeading>
      <div className={administrator ? 'grid items-start gap-6 2xl:grid-cols-[minmax(0,1fr)_24rem]' : ''}>
        <div className="min-w-0">
          {webhooks.length > 0 ? (
            <WebhookTable webhooks={webhooks} />
          ) : (
            <EmptyState icon={Webhook} title="No webhooks yet">
              {administrator ? 'The first that you add here' : 'The first that an administrator adds'} is listed here,
              with the messages that were sent to it.
            </EmptyState>
          )}
        </div>
        {administrator && (
          <section aria-labelledby="new-webhook" className="w-full max-w-2xl 2xl:max-w-none">
            <h2 id="new-webhook" className="mb-3 text-section font-semibold">
              New webhook
            </h2>
            <CreateWebhook
              types={webhookTypes}
              notice={!stepUp.fresh && <StepUpNotice stepUp={stepUp} what="Adding a webhook" returnTo={path} />}
            />
          </section>
        )}
      </div>
      <section aria-labelledby="elsewhere" className="mt-8 max-w-[75ch]">
        <h2 id="elsewhere" className="mb-2 text-section font-semibold">
          Destinations of alerts
        </h2>
        <ul className="flex list-disc flex-col gap-1 pl-5 text-soft">
          <li>{mailText(ctx.config.alertEmails.length)}</li>
          <li>
            Prometheus reads them at <code className="font-mono text-meta">/metrics</code>,{' '}
            {ctx.config.metricsToken ? 'with METRICS_TOKEN' : 'from this machine alone, until METRICS_TOKEN is set'}.
            Rules for it are in <code className="font-mono text-meta">deploy/prometheus-alerts.yml</code>.
          </li>
        </ul>
      </section>
    </>
  );
}

/** To how many addresses alerts are mailed; the addresses themselves are the operator's. */
function mailText(addresses: number): string {
  if (addresses === 0) return 'No mail is sent: an operator names who gets it in ALERT_EMAILS.';
  return `A mail tells ${addresses === 1 ? 'the address' : `the ${addresses} addresses`} in ALERT_EMAILS, once when an alert opens.`;
}

/** So many are counted; beyond that the number does not matter. */
const countedUpTo = 1000;

/** A number of messages, as a link to them. */
function InLog({ webhook, state }: { webhook: WebhookView; state: 'pending' | 'failed' }) {
  const count = webhook[state];
  if (count === 0) return <span className="tabular text-soft">0</span>;
  return (
    <Link href={`${path}/${webhook.id}?state=${state}`} className="link tabular">
      {count}
      {count === countedUpTo && '+'}
      <span className="sr-only">
        {state === 'pending' ? ' pending to ' : ' given up to '}
        {webhook.name}
      </span>
    </Link>
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
          <Th from="md">Pending</Th>
          <Th from="md">Given up</Th>
          <Th from="sm">Last delivered</Th>
        </>
      }
    >
      {webhooks.map((webhook) => (
        <Tr key={webhook.id}>
          <Td>
            <span className="block py-1 md:py-2">
              <Link
                href={`${path}/${webhook.id}`}
                className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
              >
                {webhook.name}
              </Link>
              <code className="block font-mono text-meta wrap-anywhere text-soft">{new URL(webhook.url).host}</code>
              {(webhook.pending > 0 || webhook.failed > 0) && (
                <span className="block text-soft @min-[42rem]:hidden">
                  {webhook.pending} pending, {webhook.failed} given up
                </span>
              )}
              <span className="mt-1 block @min-[36rem]:hidden">
                <WebhookState webhook={webhook} />
              </span>
            </span>
          </Td>
          <Td from="sm">
            <WebhookState webhook={webhook} />
          </Td>
          <Td from="lg">{webhook.types === null ? 'all' : webhook.types.length}</Td>
          <Td from="md">
            <InLog webhook={webhook} state="pending" />
          </Td>
          <Td from="md">
            <InLog webhook={webhook} state="failed" />
          </Td>
          <Td from="sm">
            <TimeOr at={webhook.lastDeliveredAt} otherwise="never" />
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}
