import type { WebhookType } from '#lib/db/schema/webhook-types';
import type { DeliveryState } from '#lib/db/schema/webhooks';

/** Everything that a webhook may be told of, for those who may not import `lib/db`. */
export { connectionTypes, webhookTypes } from '#lib/db/schema/webhook-types';
export { deliveryStates } from '#lib/db/schema/webhooks';

/** An endpoint as pages show it: never its secrets. */
export interface WebhookView {
  id: string;
  name: string;
  /** The host alone for those who may change nothing. */
  url: string;
  /** Null: every type. */
  types: WebhookType[] | null;
  createdBy: string;
  createdAt: Date;
  disabledAt: Date | null;
  disabledReason: 'by_hand' | 'gone' | null;
  /** Until then messages are signed with the secret before as well. */
  previousUntil: Date | null;
  pending: number;
  /** Whether one of them was tried more than once and not taken. */
  failing: boolean;
  /** Given up within the days that are kept. */
  failed: number;
  lastDeliveredAt: Date | null;
}

/** A message's way to an endpoint. */
export interface DeliveryView {
  id: number;
  messageId: string;
  type: string;
  /** The connection or alert that it tells of. */
  subject: string | null;
  state: DeliveryState;
  attempts: number;
  createdAt: Date;
  /** Null once it is over. */
  nextAttemptAt: Date | null;
  finishedAt: Date | null;
  /** The last attempt's, where there was one. */
  lastStatus: number | null;
  lastCode: string | null;
  lastAttemptAt: Date | null;
}

/** One with what was sent and each attempt, oldest first. */
export interface DeliveryDetailView extends DeliveryView {
  payload: Record<string, unknown>;
  log: { id: number; at: Date; status: number | null; code: string | null; durationMs: number }[];
}
