import { bigint, boolean, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/** The members of a server's metadata that the hub goes by or tells of, by their names in the RFCs. */
export type MetadataFacts = Record<string, string | boolean | string[]>;

/** A member that changed; null: it was not there, or is not there any more. */
export interface MetadataChange {
  name: string;
  before: MetadataFacts[string] | null;
  after: MetadataFacts[string] | null;
}

/** What a server's metadata said, a row each time that it changed. */
export const providerMetadata = pgTable(
  'provider_metadata',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    provider: text().notNull(),
    issuer: text().notNull(),
    seenAt: instant().notNull().defaultNow(),
    facts: jsonb().$type<MetadataFacts>().notNull(),
    /** Against the row before; empty in the first row. */
    changes: jsonb().$type<MetadataChange[]>().notNull().default([]),
    /** Whether an endpoint moved to another host, so that an administrator has to accept it. */
    moved: boolean().notNull().default(false),
    /** Null: it waits for an administrator, and the hub goes by the newest row that was accepted. */
    acceptedAt: instant(),
    /** The actor who accepted it; null where nothing moved. */
    acceptedBy: text(),
  },
  (t) => [index('provider_metadata_last').on(t.provider, t.issuer, t.id)],
);
