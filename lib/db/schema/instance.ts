import { sql } from 'drizzle-orm';
import { bigint, boolean, check, doublePrecision, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/**
 * The one row by which a database is known to be the one that was used last, and no copy of it or an earlier state:
 * see `lib/freezes/restore-guard.ts`. Every process writes it every few seconds.
 */
export const instance = pgTable(
  'instance',
  {
    only: boolean().primaryKey().default(true),
    /** Names the installation. Copies of the database have it, too. */
    id: text().notNull(),
    /** Raised each time a restored database was noticed and taken as it is. */
    generation: integer().notNull().default(1),
    /** The last sign of life in it, by the database's clock; never goes back. */
    mark: instant().notNull(),
    /** The transaction that wrote this row. A row that a dump brought was written by another one than it says. */
    writtenBy: bigint({ mode: 'bigint' }).notNull(),
    /** The server's timeline, which a recovery to an earlier point and a promoted standby raise; null where unknown. */
    timeline: integer(),
    /** When a promoted standby was noticed last, by its own clock; null: never. */
    promotedAt: instant(),
    /** Inode and birth of a file beside the embedded database, which no copy shares; null on PostgreSQL. */
    file: text(),
    /**
     * When the database's clock was last seen to have gone back, by the clock as it was afterwards: earlier moments may
     * have been measured by a clock that was ahead. Null: never seen.
     */
    clockWentBackAt: instant(),
    /** By how many milliseconds it went back, until the moments that were stored ahead are put right. */
    clockWentBackMs: doublePrecision().notNull().default(0),
  },
  (t) => [check('instance_only', sql`${t.only}`)],
);
