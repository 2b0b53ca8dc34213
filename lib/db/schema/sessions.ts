import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';
import { people } from '#lib/db/schema/people';

/** A browser that is signed in. The cookie holds the id, this row its hash, so that reading the table gives no session. */
export const sessions = pgTable(
  'sessions',
  {
    idHash: text().primaryKey(),
    /** Names the session in pages and in the ledger; of no use to sign in. */
    publicId: text().notNull().unique(),
    personId: text()
      .notNull()
      .references(() => people.id, { onDelete: 'cascade' }),
    createdAt: instant().notNull().defaultNow(),
    lastSeenAt: instant().notNull().defaultNow(),
    /** The absolute end; the idle limit follows from `lastSeenAt` and the person's role at the moment of asking. */
    expiresAt: instant().notNull(),
    endedAt: instant(),
    ip: text(),
    userAgent: text(),
  },
  (t) => [index('sessions_person').on(t.personId), index('sessions_expiry').on(t.expiresAt)],
);
