import { bigint, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { bytea, instant } from '#lib/db/schema/columns';

/**
 * The chain of seals over the ledger; its fields are those of `lib/ledger/seal-statement.ts`. It is kept when months of
 * the ledger are dropped. Two processes that seal at once cannot both write a number.
 */
export const ledgerSeals = pgTable('ledger_seals', {
  n: bigint({ mode: 'number' }).primaryKey(),
  encoding: integer().notNull(),
  fromXid: bigint({ mode: 'number' }).notNull(),
  toXid: bigint({ mode: 'number' }).notNull(),
  parts: jsonb().$type<{ month: string; rows: number; root: string }[]>().notNull(),
  dropped: text().array().notNull().default([]),
  previous: text().notNull(),
  sealedAt: instant().notNull(),
  keyId: text().notNull(),
  /** Ed25519 (RFC 8032) over the statement, in base64. */
  signature: text().notNull(),
});

/**
 * The first bytes of each row's leaf hash, in the order of the batch: no proof, but what tells which row of a broken batch
 * was changed. Apart from the seals, which are read often and kept for ever.
 */
export const ledgerLocators = pgTable('ledger_locators', {
  n: bigint({ mode: 'number' }).primaryKey(),
  prefixes: bytea().notNull(),
});
