import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/**
 * Providers with stopped refreshes, by the issuer of their connections: they ended the grants of several people within
 * minutes and renewed no others. A row stays after its end: it says until when no other stop may begin.
 */
export const providerStops = pgTable(
  'provider_stops',
  {
    provider: text().notNull(),
    issuer: text().notNull(),
    stoppedAt: instant().notNull().defaultNow(),
    /** People with refused grants when it began. */
    people: integer().notNull(),
    /** From then on one refresh may find out whether the provider renews grants again. */
    nextProbeAt: instant().notNull(),
    /** Null: it stands. */
    endedAt: instant(),
    /** The person who ended it; null where a refresh that succeeded did. */
    endedBy: text(),
    /** Until then refusals count as what they are: a person said so. */
    notBefore: instant(),
  },
  (t) => [primaryKey({ columns: [t.provider, t.issuer] })],
);
