import { foreignKey, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';
import { connections } from '#lib/db/schema/connections';

/**
 * The texts that a connection is found by: label and subject of its account, name and e-mail of its person, one under
 * the other. Triggers on `connections` and `people` keep it (see its migration), and nothing else writes it. A table of
 * its own, because a refresh rewrites the connection's row in every index: the trigram index would be written at each.
 */
export const connectionSearch = pgTable(
  'connection_search',
  {
    personId: text().notNull(),
    connectionId: text().notNull(),
    /** The connection's, as is the provider, so that a search is walked in the order of the lists. Neither changes. */
    createdAt: instant().notNull(),
    provider: text().notNull(),
    /** In small letters: comparing them as they are is several times faster than folding each row's case. */
    text: text().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.personId, t.connectionId] }),
    foreignKey({
      name: 'connection_search_connection',
      columns: [t.personId, t.connectionId],
      foreignColumns: [connections.personId, connections.id],
    }).onDelete('cascade'),
    // The two orders of `connections`, for words that many rows have; the third is for words that few rows have.
    index('connection_search_created').on(t.createdAt, t.connectionId),
    index('connection_search_provider_created').on(t.provider, t.createdAt, t.connectionId),
    index('connection_search_text').using('gin', t.text.op('gin_trgm_ops')),
  ],
);
