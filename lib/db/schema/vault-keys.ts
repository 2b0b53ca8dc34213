import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/** Ids of the keys that sealed something. Never a key. */
export const vaultKeys = pgTable('vault_keys', {
  kid: text().primaryKey(),
  firstUsedAt: instant().notNull().defaultNow(),
  /** When nothing was found any more that it had sealed. A process that seals with it clears this. */
  retiredAt: instant(),
  /** Rows that a process without the key found sealed with it as it started. */
  missingRows: integer().notNull().default(0),
  /** Since when values of earlier builds, without a digest of what they are for, are refused. */
  unboundOverAt: instant(),
});
