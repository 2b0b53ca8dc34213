import { sql } from 'drizzle-orm';
import { bigint, check, index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/** How a check went. `not_promised`: the hub cannot hold it, since somebody else decides. */
export const checkOutcomes = ['passes', 'fails', 'unknown', 'not_promised'] as const;
export type CheckOutcome = (typeof checkOutcomes)[number];

/** A run of the security checks: all of them, or those of one provider. */
export const checkRuns = pgTable(
  'check_runs',
  {
    id: text().primaryKey(),
    /** Empty: the hub and every provider. */
    provider: text().notNull().default(''),
    startedAt: instant().notNull().defaultNow(),
    /** Null: it runs, or the process that ran it is gone. */
    endedAt: instant(),
    /** The actor who began it. */
    startedBy: text(),
  },
  (t) => [index('check_runs_started').on(t.startedAt)],
);

/** The results of the checks, kept as history. Every text is bounded and without secrets before it comes here. */
export const checkResults = pgTable(
  'check_results',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    run: text().notNull(),
    /** Which check it is; `lib/checks/list.ts` has them. */
    checkId: text().notNull(),
    /** Empty for a check of the hub itself. */
    provider: text().notNull().default(''),
    result: text({ enum: checkOutcomes }).notNull(),
    /** The object of the check, in words. */
    lookedAt: text().notNull(),
    found: text().notNull(),
    /** What to do about it; null where nothing is to be done. */
    mend: text(),
    at: instant().notNull(),
    /** Since when the result has been the same. */
    since: instant().notNull(),
  },
  (t) => [
    index('check_results_last').on(t.checkId, t.provider, t.at, t.id),
    index('check_results_at').on(t.at),
    check('check_results_result', sql`${t.result} in ('passes', 'fails', 'unknown', 'not_promised')`),
  ],
);
