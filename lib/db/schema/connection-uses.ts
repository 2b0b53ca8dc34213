import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/**
 * Who used a connection last, to the minute. A table of its own, because it is written about as often as tokens are
 * vended: a row here is a tenth of the connection's, and writing it moves nothing in the connection's indexes. Pages are
 * filled by two thirds (see its migration), so that a row's new version stays beside the old one. No foreign key: its
 * check would lock the connection's row, which a refresh may be holding. Connections are never deleted.
 */
export const connectionUses = pgTable(
  'connection_uses',
  {
    personId: text().notNull(),
    connectionId: text().notNull(),
    lastUsedAt: instant().notNull(),
    /** The API key, by its id. */
    lastUsedBy: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.personId, t.connectionId] })],
);
