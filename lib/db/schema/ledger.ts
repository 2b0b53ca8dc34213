import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/**
 * The append-only record of what happened. Opaque ids only: no name, no e-mail, no secret, so that erasing a person
 * leaves it whole. Partitioned by month; the partitions are made by `lib/db/partitions.ts`.
 */
export const ledger = pgTable(
  'ledger',
  {
    at: instant().notNull().default(sql`clock_timestamp()`),
    id: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    action: text().notNull(),
    outcome: text({ enum: ['ok', 'refused', 'failed'] }).notNull(),
    /** The stable error code, where the outcome is not `ok`. */
    code: text(),
    actorType: text({ enum: ['anonymous', 'person', 'api_key', 'system'] }).notNull(),
    actorId: text(),
    /** Whose connection, session or profile it is about. */
    personId: text(),
    connectionId: text(),
    provider: text(),
    apiKeyId: text(),
    ip: text(),
    requestId: text(),
    /** How many like events this row stands for (refusals of anonymous requests are folded). */
    count: integer().notNull().default(1),
    details: jsonb().$type<Record<string, string | number | boolean | null | string[]>>().notNull().default({}),
  },
  (t) => [
    primaryKey({ columns: [t.at, t.id] }),
    index('ledger_person').on(t.personId, t.at),
    index('ledger_connection').on(t.connectionId, t.at),
    // What the status page counts; entries of vended tokens, by far the most, are not in it.
    index('ledger_refreshes')
      .on(t.provider, t.action, t.at)
      .where(sql`${t.action} in ('token.refreshed', 'token.refresh_failed')`),
  ],
);
