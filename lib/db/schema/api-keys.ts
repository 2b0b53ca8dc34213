import { sql } from 'drizzle-orm';
import { check, index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

export const apiKeyScopes = ['connections:read', 'tokens:vend', 'connections:revoke'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

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
    /** Addresses or CIDR ranges that the key is expected from; null: anywhere. */
    ipRanges: text().array(),
    /** The effect of a call from elsewhere: a refusal, or an alert. */
    ipRule: text({ enum: ['deny', 'alert'] })
      .notNull()
      .default('deny'),
    expiresAt: instant(),
    createdBy: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    revokedAt: instant(),
    lastUsedAt: instant(),
  },
  (t) => [index('api_keys_created').on(t.createdAt, t.id), check('api_keys_scopes', sql`cardinality(${t.scopes}) > 0`)],
);
