import { bigint, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/**
 * The jobs of the background. A process claims a job's next run by raising `run` from the number that it read, so that
 * one process has it. All moments are by the database's clock; the next run comes without them.
 */
export const jobs = pgTable('jobs', {
  name: text().primaryKey(),
  /** The number of the run that began last; 0: none did. */
  run: bigint({ mode: 'number' }).notNull().default(0),
  startedAt: instant(),
  /** The process that began it. */
  startedBy: text(),
  /** The newest run that ended, when, after how long, and the steps of it that failed. */
  endedRun: bigint({ mode: 'number' }).notNull().default(0),
  endedAt: instant(),
  tookMs: integer(),
  failedSteps: text().array().notNull().default([]),
});
