import { sql } from 'drizzle-orm';
import { bigint, check, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/**
 * How often a provider took a client secret, by all processes. A process adds its counts every few seconds, so one that is
 * killed loses the last of them.
 */
export const clientSecretUses = pgTable(
  'client_secret_uses',
  {
    provider: text().notNull(),
    /** A keyed hash: it tells two secrets apart and gives neither away. */
    fingerprint: text().notNull(),
    /** When this hub first counted the secret. */
    firstSeenAt: instant().notNull().defaultNow(),
    /** When the provider last took it; null: never. */
    lastUsedAt: instant(),
    /** When the provider last refused it; null: never. */
    lastRefusedAt: instant(),
    uses: bigint({ mode: 'number' }).notNull(),
    refusals: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.provider, t.fingerprint] }),
    check('client_secret_uses_counts', sql`${t.uses} >= 0 and ${t.refusals} >= 0`),
  ],
);
