import type { Metadata } from 'next';
import { cache } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { Clock } from '#app/_ui/clock';
import { DayList } from '#app/_ui/day-list';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Moment } from '#app/_ui/moment';
import { Panel } from '#app/_ui/panel';
import { ZoneNote } from '#app/_ui/zone-note';
import { adminPage, orNotFound, titleOf } from '#lib/web/page';
import { getDelivery } from '#lib/webhooks/get-delivery';
import { getWebhook } from '#lib/webhooks/list';
import type { DeliveryDetailView } from '#lib/webhooks/views';
import { StandingFreezes } from '../../../../_parts/standing-freezes.tsx';
import { answerText } from '../../_parts/answer-words.ts';
import { DeliveryState } from '../../_parts/marks.tsx';
import { RetryOne } from '../../_parts/retry.tsx';

interface DeliveryPageProps {
  params: Promise<{ id: string; delivery: string }>;
}

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string, number: string) => {
  const ctx = await adminPage(`/admin/alerts/webhooks/${encodeURIComponent(id)}/${encodeURIComponent(number)}`);
  return Promise.all([getWebhook(ctx, id), getDelivery(ctx, { webhook: id, id: number })]);
});

export async function generateMetadata({ params }: DeliveryPageProps): Promise<Metadata> {
  const { id, delivery: number } = await params;
  const [webhook, delivery] = (await titleOf(readOnce(id, number))) ?? [];
  return { title: webhook && delivery ? `${delivery.type} to ${webhook.name}` : 'Webhook message' };
}

/** What was sent, how each attempt went, and once more by hand. */
export default async function DeliveryPage({ params }: DeliveryPageProps) {
  const { id, delivery: number } = await params;
  const path = `/admin/alerts/webhooks/${encodeURIComponent(id)}`;
  const ctx = await adminPage(`${path}/${encodeURIComponent(number)}`);
  const [webhook, delivery] = await orNotFound(readOnce(id, number));
  return (
    <>
      <StandingFreezes />
      <BackLink href={path}>{webhook.name}</BackLink>
      <h1 className="mb-6 text-title font-semibold tracking-tight wrap-anywhere">{delivery.type}</h1>
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Panel id="facts" title="Message">
          <DeliveryFacts delivery={delivery} />
        </Panel>
        <Panel id="attempts" title="Attempts">
          <Attempts delivery={delivery} />
          {ctx.actor.role === 'administrator' && webhook.disabledAt === null && (
            <RetryOne id={delivery.id} taken={delivery.state === 'delivered'} />
          )}
        </Panel>
        <Panel id="sent" title="What is sent" wide>
          <pre className="rounded-lg bg-sunken p-3 font-mono text-meta wrap-anywhere whitespace-pre-wrap">
            {JSON.stringify(delivery.payload, null, 2)}
          </pre>
        </Panel>
      </div>
    </>
  );
}

/** The page of what the message tells of; null where it has none. */
function aboutAddress({ subject }: DeliveryDetailView): string | null {
  if (subject?.startsWith('alr_')) return `/admin/alerts/${subject}`;
  return subject?.startsWith('con_') ? `/admin/connections/${subject}` : null;
}

function DeliveryFacts({ delivery }: { delivery: DeliveryDetailView }) {
  const { state, subject, createdAt, nextAttemptAt, finishedAt, messageId } = delivery;
  const address = aboutAddress(delivery);
  return (
    <Facts>
      <Fact label="State">
        <DeliveryState state={state} />
      </Fact>
      {subject && (
        <Fact label="Tells of">
          {address ? (
            <Link href={address} className="link">
              <code className="font-mono text-meta">{subject}</code>
            </Link>
          ) : (
            <code className="font-mono text-meta">{subject}</code>
          )}
        </Fact>
      )}
      <Fact label="Made">
        <Moment at={createdAt.toISOString()} />
      </Fact>
      {nextAttemptAt && (
        <Fact label="Next attempt">
          <Moment at={nextAttemptAt.toISOString()} />
        </Fact>
      )}
      {finishedAt && (
        <Fact label={state === 'delivered' ? 'Delivered' : state === 'failed' ? 'Given up' : 'Dropped'}>
          <Moment at={finishedAt.toISOString()} />
        </Fact>
      )}
      <Fact label="webhook-id">
        <code className="font-mono text-meta">{messageId}</code>
      </Fact>
    </Facts>
  );
}

function Attempts({ delivery: { log } }: { delivery: DeliveryDetailView }) {
  if (log.length === 0) return <p className="text-soft">None yet. It goes with the next minute.</p>;
  return (
    <div className="flex flex-col gap-3 text-meta">
      <ZoneNote />
      <DayList items={log} at={({ at }) => at} keyOf={({ id }) => String(id)}>
        {({ at, status, code, durationMs }) => (
          <p className="flex flex-wrap gap-x-4">
            <Clock at={at.toISOString()} seconds />
            <span>{answerText({ status, code })}</span>
            <span className="tabular text-soft">{durationMs} ms</span>
          </p>
        )}
      </DayList>
    </div>
  );
}
