import { sql } from 'drizzle-orm';
import { check, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/**
 * The encoding of HTTP Basic that a server was found to read although the provider's record says the other one. A row that
 * is lost or wrong costs one more request: the hub tries the other encoding again.
 */
export const basicEncodings = pgTable(
  'basic_encodings',
  {
    provider: text().notNull(),
    issuer: text().notNull(),
    clientId: text().notNull(),
    /** Of the endpoint, with its port: the servers of a record that people name each read their own. */
    host: text().notNull(),
    encoding: text().$type<'form' | 'raw'>().notNull(),
    learntAt: instant().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.provider, t.issuer, t.clientId, t.host] }),
    check('basic_encodings_encoding', sql`${t.encoding} in ('form', 'raw')`),
  ],
);
