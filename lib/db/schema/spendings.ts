import { index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/**
 * Refresh tokens that were shown lately at providers that forgive a spent one for a short while. Other processes find here
 * what a dead process may have left without an answer, without a look at every connection. Rows stay for an hour.
 */
export const spendings = pgTable(
  'spendings',
  {
    personId: text().notNull(),
    connectionId: text().notNull(),
    provider: text().notNull(),
    /** When the token was shown last. */
    shownAt: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.personId, t.connectionId] }), index('spendings_shown').on(t.provider, t.shownAt)],
);
