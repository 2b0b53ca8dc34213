import { sql } from 'drizzle-orm';
import { check, index, pgTable, text } from 'drizzle-orm/pg-core';
import type { ApiKeyScope } from '#lib/db/schema/api-key-scopes';
import { applications } from '#lib/db/schema/applications';
import { instant } from '#lib/db/schema/columns';

/** The credential of a backend service. Only a hash of the key is kept. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: text().primaryKey(),
    name: text().notNull(),
    /** The first characters, for people to tell keys apart. */
    prefix: text().notNull(),
    keyHash: text().notNull().unique(),
    scopes: text().array().$type<ApiKeyScope[]>().notNull(),
    /** Null: every provider. */
    providers: text().array(),
    /** The application that it belongs to, of which it sees the people alone; null: it sees everybody. */
    applicationId: text().references(() => applications.id),
    /** Addresses or CIDR ranges that the key is expected from; null: anywhere. */
    ipRanges: text().array(),
    /** The effect of a call from elsewhere: a refusal, or an alert. */
    ipRule: text({ enum: ['deny', 'alert'] })
      .notNull()
      .default('deny'),
    expiresAt: instant(),
    /** What the service does with accounts, in words for the people who own them. */
    purpose: text(),
    /** Who answers for the service: a team, or an address. */
    owner: text(),
    /** The key that this one was made to replace. */
    replaces: text(),
    createdBy: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    revokedAt: instant(),
    lastUsedAt: instant(),
  },
  (t) => [
    index('api_keys_created').on(t.createdAt, t.id),
    index('api_keys_replaces').on(t.replaces).where(sql`${t.replaces} is not null`),
    index('api_keys_application').on(t.applicationId).where(sql`${t.applicationId} is not null`),
    check('api_keys_scopes', sql`cardinality(${t.scopes}) > 0`),
    // Webhooks tell of everybody, an application must not change what it may do, and only an application has people to connect accounts for.
    check(
      'api_keys_application',
      sql`case when ${t.applicationId} is null then not 'connections:create' = any(${t.scopes})
        else not ${t.scopes} && array['webhooks:manage', 'applications:manage'] end`,
    ),
  ],
);
