import { sql } from 'drizzle-orm';
import { boolean, check, integer, pgTable } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/** The one row with the number of the last command to reload. Each process looks at it every two seconds. */
export const reloadRequests = pgTable(
  'reload_requests',
  {
    only: boolean().primaryKey().default(true),
    n: integer().notNull(),
    askedAt: instant().notNull().defaultNow(),
  },
  (t) => [check('reload_requests_only', sql`${t.only}`)],
);
