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
    /** The person with this connection, session or profile. */
    personId: text(),
    connectionId: text(),
    provider: text(),
    apiKeyId: text(),
    ip: text(),
    requestId: text(),
    /** How many like events this row stands for (refusals of anonymous requests are folded). */
    count: integer().notNull().default(1),
    details: jsonb().$type<Record<string, string | number | boolean | null | string[]>>().notNull().default({}),
    /**
     * The position of the writing transaction, which decides in which sealed batch the row is: ids and times become
     * visible out of order, positions below the oldest running transaction do not (see `lib/db/positions.ts`).
     */
    xid: bigint({ mode: 'number' }).notNull().default(sql`ledger_position(pg_current_xact_id())`),
  },
  (t) => [
    primaryKey({ columns: [t.at, t.id] }),
    // A person's entries, and by the last column one connection's among them: its id names the person. An index by the
    // connection would be a second one that every vend writes at a random place.
    index('ledger_person').on(t.personId, t.at, t.connectionId),
    // Everything that a leaked key read must be found at once, also where the key was used rarely.
    index('ledger_api_key').on(t.apiKeyId, t.at).where(sql`${t.apiKeyId} is not null`),
    // For the sealer: rows come almost in this order, so the smallest of indexes will do and appending pays nothing.
    index('ledger_xid').using('brin', t.xid).with({ autosummarize: true }),
    // Each rare kind of event, however many tokens are read meanwhile. Frequent kinds are not in it.
    index('ledger_rare')
      .on(t.action, t.at)
      .where(sql`${t.action} not in ('token.vended', 'token.denied', 'token.refreshed', 'token.refresh_failed')`),
    // For the counts of the status page; entries of vended tokens, by far the most, are not in it.
    index('ledger_refreshes')
      .on(t.provider, t.action, t.at)
      .where(sql`${t.action} in ('token.refreshed', 'token.refresh_failed')`),
    // The entries of an address, and of a provider, rare as either may be: each costs a vend's entry a little.
    index('ledger_ip').on(t.ip, t.at).where(sql`${t.ip} is not null`),
    index('ledger_provider').on(t.provider, t.at).where(sql`${t.provider} is not null`),
    // Few beside the tokens that are read without fault, which pay nothing for it.
    index('ledger_not_ok').on(t.outcome, t.at).where(sql`${t.outcome} <> 'ok'`),
    // One request or one token among all: appending pays next to nothing. See `seekRows` for what must be said to use it.
    index('ledger_sought')
      .using('brin', t.requestId.op('text_bloom_ops'), sql`(${t.details} ->> 'fingerprint') text_bloom_ops`)
      .with({ autosummarize: true, pages_per_range: 64 }),
  ],
);
