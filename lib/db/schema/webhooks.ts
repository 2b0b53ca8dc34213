import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';
import type { WebhookType } from '#lib/db/schema/webhook-types';

/** Where messages are sent. */
export const webhookEndpoints = pgTable('webhook_endpoints', {
  id: text().primaryKey(),
  name: text().notNull(),
  url: text().notNull(),
  /** Null: every type, also later ones. */
  types: text().array().$type<WebhookType[]>(),
  /** Compact JWEs; the protected header names this row and column. */
  secret: text().notNull(),
  /** The secret before, with which messages are signed as well until its end. */
  previousSecret: text(),
  previousUntil: instant(),
  createdBy: text().notNull(),
  createdAt: instant().notNull().defaultNow(),
  /** Nothing is sent to it from then on; set by an administrator, or because it answered 410. */
  disabledAt: instant(),
  disabledReason: text({ enum: ['by_hand', 'gone'] }),
});

/** A message, the same for all endpoints and at every attempt. */
export const webhookMessages = pgTable(
  'webhook_messages',
  {
    /** Made from what it tells of, so that nothing is told twice. */
    id: text().primaryKey(),
    type: text().notNull(),
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    createdAt: instant().notNull(),
  },
  (t) => [index('webhook_messages_created').on(t.createdAt)],
);

export const deliveryStates = ['pending', 'delivered', 'failed', 'dropped'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** A message on its way to an endpoint. The rows say when it is due; a tick only looks. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    messageId: text()
      .notNull()
      .references(() => webhookMessages.id, { onDelete: 'cascade' }),
    endpointId: text()
      .notNull()
      .references(() => webhookEndpoints.id, { onDelete: 'cascade' }),
    /** The connection or alert that it tells of: messages about the same one are sent in order. Null: in none. */
    subject: text(),
    state: text({ enum: deliveryStates }).notNull().default('pending'),
    attempts: integer().notNull().default(0),
    nextAttemptAt: instant().notNull(),
    createdAt: instant().notNull(),
    finishedAt: instant(),
  },
  (t) => [
    uniqueIndex('webhook_deliveries_once').on(t.messageId, t.endpointId),
    index('webhook_deliveries_endpoint').on(t.endpointId, t.id),
    index('webhook_deliveries_due').on(t.endpointId, t.nextAttemptAt).where(sql`${t.state} = 'pending'`),
    // The messages before one, of the same order.
    index('webhook_deliveries_before').on(t.endpointId, t.subject, t.id).where(sql`${t.state} = 'pending'`),
    // Few among many, and counted.
    index('webhook_deliveries_undelivered').on(t.endpointId, t.state).where(sql`${t.state} <> 'delivered'`),
    check('webhook_deliveries_state', sql`${t.state} in ('pending', 'delivered', 'failed', 'dropped')`),
  ],
);

/** One try of a delivery: the status that came back, or why none did. Never what was answered. */
export const webhookAttempts = pgTable(
  'webhook_attempts',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    deliveryId: bigint({ mode: 'number' })
      .notNull()
      .references(() => webhookDeliveries.id, { onDelete: 'cascade' }),
    at: instant().notNull(),
    status: integer(),
    code: text(),
    durationMs: integer().notNull(),
  },
  (t) => [index('webhook_attempts_delivery').on(t.deliveryId, t.id)],
);

/** Connections of which it was told that they need their person, and not yet that they work again. */
export const connectionOutages = pgTable('connection_outages', {
  connectionId: text().primaryKey(),
  since: instant().notNull(),
});
