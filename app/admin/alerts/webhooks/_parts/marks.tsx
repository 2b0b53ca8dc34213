import { CircleAlert, CircleCheck, CircleSlash, Clock, TriangleAlert } from '#app/_ui/icons';
import { Badge } from '#app/_ui/status';
import type { DeliveryView, WebhookView } from '#lib/webhooks/views';

/** Whether anything is sent to an endpoint. */
export function WebhookState({ webhook: { disabledAt, disabledReason, failing } }: { webhook: WebhookView }) {
  if (disabledAt === null && failing)
    return (
      <Badge tone="bad" icon={TriangleAlert}>
        Not taking messages
      </Badge>
    );
  if (disabledAt === null)
    return (
      <Badge tone="good" icon={CircleCheck}>
        On
      </Badge>
    );
  return (
    <Badge tone={disabledReason === 'gone' ? 'warn' : 'quiet'} icon={CircleSlash}>
      {disabledReason === 'gone' ? 'Said it is gone' : 'Off'}
    </Badge>
  );
}

const states = {
  pending: { tone: 'due', icon: Clock, word: 'Pending' },
  delivered: { tone: 'good', icon: CircleCheck, word: 'Delivered' },
  failed: { tone: 'bad', icon: CircleAlert, word: 'Given up' },
  dropped: { tone: 'quiet', icon: CircleSlash, word: 'Dropped' },
} as const;

/** How far a message has come. */
export function DeliveryState({ state }: { state: DeliveryView['state'] }) {
  const { word, ...look } = states[state];
  return <Badge {...look}>{word}</Badge>;
}
