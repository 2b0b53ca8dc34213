import { index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/** Counters of rate-limiter-flexible, in the shape its Drizzle store expects. */
export const rateLimits = pgTable(
  'rate_limits',
  { key: text().primaryKey(), points: integer().notNull().default(0), expire: instant() },
  (t) => [index('rate_limits_expire').on(t.expire)],
);
