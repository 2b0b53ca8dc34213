import { bigint, date, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';
import { connectionStatuses } from '#lib/db/schema/connections';

/**
 * How many connections each provider has in each status: the sum over its rows. Triggers on `connections` append a row for
 * each change, so that no two transactions wait for one counter; the tick folds them into one row of a provider and status.
 */
export const connectionCounts = pgTable('connection_counts', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  provider: text().notNull(),
  status: text({ enum: connectionStatuses }).notNull(),
  change: integer().notNull(),
});

/** The events in each hour of the last days, counted once as the ledger settles (see `lib/alerts/evaluate.ts`). */
export const eventHours = pgTable(
  'event_hours',
  {
    /** When the hour began, in UTC. */
    hour: instant().notNull(),
    action: text().notNull(),
    outcome: text().notNull(),
    /** Empty where it is about none. */
    provider: text().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.hour, t.action, t.outcome, t.provider] })],
);

/** The reads of each key at each provider in a day of UTC, counted once as the ledger settles. */
export const keyDays = pgTable(
  'key_days',
  {
    apiKeyId: text().notNull(),
    day: date({ mode: 'string' }).notNull(),
    provider: text().notNull(),
    /** Tokens that were vended. */
    reads: bigint({ mode: 'number' }).notNull(),
    /** Calls for a token that were refused, or failed. */
    refused: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.apiKeyId, t.day, t.provider] })],
);
