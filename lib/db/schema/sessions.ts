import { sql } from 'drizzle-orm';
import { check, index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';
import { people } from '#lib/db/schema/people';

export const authenticationProofs = ['auth_time', 'session_only'] as const;
export type AuthenticationProof = (typeof authenticationProofs)[number];

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
    /** When the person last proved at the provider who they are; null where a sign-in said nothing that counts. */
    authenticatedAt: instant(),
    /** How that is known: by the provider's `auth_time`, or only by this session having been begun then. */
    authenticationProof: text({ enum: authenticationProofs }),
    ip: text(),
    userAgent: text(),
  },
  (t) => [
    index('sessions_person').on(t.personId),
    index('sessions_expiry').on(t.expiresAt),
    check('sessions_authentication', sql`(${t.authenticatedAt} is null) = (${t.authenticationProof} is null)`),
  ],
);
