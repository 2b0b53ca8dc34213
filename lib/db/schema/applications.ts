import { index, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/** An application with users of its own: they connect accounts through it and never sign in to the hub. */
export const applications = pgTable(
  'applications',
  {
    id: text().primaryKey(),
    name: text().notNull(),
    /** Where people reach those who run it: an e-mail address or an https address. */
    contact: text().notNull(),
    /** The addresses that people may be led back to, each compared as a whole (RFC 9700 §2.1). */
    returnUrls: text().array().notNull(),
    /** The origins that may open the hub's page in a window of their own. */
    origins: text().array().notNull(),
    /** Null: every provider. */
    providers: text().array(),
    /** By provider the scopes that it may ask for; a provider that is absent has its record's. */
    scopes: jsonb().$type<Record<string, string[]>>().notNull().default({}),
    createdBy: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    /** Since then its keys are of no use, and no account is connected through it. */
    disabledAt: instant(),
  },
  (t) => [index('applications_created').on(t.createdAt, t.id)],
);
