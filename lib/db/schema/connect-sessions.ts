import { sql } from 'drizzle-orm';
import { boolean, check, index, pgTable, text } from 'drizzle-orm/pg-core';
import { applications } from '#lib/db/schema/applications';
import { instant } from '#lib/db/schema/columns';
import { mostSealedBytes } from '#lib/db/schema/flows';
import { people } from '#lib/db/schema/people';

/**
 * `open`: its link may be followed. `received`: the provider answered with a grant, which waits for the application. The
 * others are ends.
 */
export const connectSessionStatuses = ['open', 'received', 'completed', 'failed', 'expired', 'cancelled'] as const;
export type ConnectSessionStatus = (typeof connectSessionStatuses)[number];

/** One attempt of an application to connect an account of one of its people. */
export const connectSessions = pgTable(
  'connect_sessions',
  {
    id: text().primaryKey(),
    applicationId: text()
      .notNull()
      .references(() => applications.id),
    personId: text()
      .notNull()
      .references(() => people.id),
    /** SHA-256 of the secret in its link. */
    tokenHash: text().notNull().unique(),
    /** A keyed hash of the code that the person types on another device, since the code is short; null where a browser follows the link. */
    userCodeHash: text().unique(),
    /** The API key that made it. */
    apiKeyId: text().notNull(),
    /** The providers that the person may choose from; one where the application chose. */
    providers: text().array().notNull(),
    /** The connection to reconnect. */
    connectionId: text(),
    /** The scopes to ask for; null: all that the application may. */
    scopes: text().array(),
    returnUrl: text().notNull(),
    /** Base64url of the SHA-256 of the verifier that completes it (RFC 7636 §4.2). */
    codeChallenge: text().notNull(),
    /** True: the link opens the page of the person's connections. False: it connects an account. */
    manage: boolean().notNull().default(false),
    /** When the link of such a page was opened. From then on `token_hash` is of a secret that only that browser has. */
    openedAt: instant(),
    status: text({ enum: connectSessionStatuses }).notNull().default('open'),
    /** The code of the error that it ended with. */
    error: text(),
    /** The provider that answered. */
    provider: text(),
    /** Names that answer (`rfg_…`), so that it is stored or revoked, and never both. */
    answer: text(),
    /** The grant, sealed, from the provider's answer until the application completes it. */
    heldGrant: text(),
    /** SHA-256 of the code that the browser brings back to the application. */
    codeHash: text(),
    /** The connection that came of it. */
    madeConnectionId: text(),
    createdAt: instant().notNull().defaultNow(),
    /** The end of the link's life, and of the wait for its completion. */
    expiresAt: instant().notNull(),
    endedAt: instant(),
  },
  (t) => [
    // Few rows: the ones that a tick ends.
    index('connect_sessions_expiry').on(t.expiresAt).where(sql`${t.status} in ('open', 'received')`),
    index('connect_sessions_ended').on(t.endedAt).where(sql`${t.endedAt} is not null`),
    index('connect_sessions_person').on(t.personId),
    check(
      'connect_sessions_status',
      sql`${t.status} in ('open', 'received', 'completed', 'failed', 'expired', 'cancelled')`,
    ),
    check('connect_sessions_opened', sql`${t.openedAt} is null or ${t.manage}`),
    check('connect_sessions_held', sql`(${t.status} = 'received') = (${t.heldGrant} is not null)`),
    check('connect_sessions_over', sql`(${t.status} in ('open', 'received')) = (${t.endedAt} is null)`),
    check('connect_sessions_bounded', sql`octet_length(${t.heldGrant}) <= ${sql.raw(String(mostSealedBytes))}`),
  ],
);
