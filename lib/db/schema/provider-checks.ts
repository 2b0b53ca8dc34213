import { jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/** One thing that was tried at a provider. Every text is bounded and without secrets before it comes here. */
export interface CheckResult {
  /** Which check it is; the names are in `lib/provider-check/report.ts`. */
  check: string;
  result: 'passes' | 'fails' | 'unknown';
  /** The object of the check: an address, a field. */
  lookedAt: string;
  found: string;
  /** What to do about it; null where nothing is to be done. */
  mend: string | null;
  /** The line of the provider's record that would mend it; null where none would. */
  recordLine: string | null;
}

/** The last check of each provider, written result by result while it runs. */
export const providerChecks = pgTable('provider_checks', {
  provider: text().primaryKey(),
  /** The number of the run: later findings of an earlier run do not count. */
  run: text().notNull(),
  startedAt: instant().notNull().defaultNow(),
  /** Null: it runs, or the process that ran it is gone. */
  endedAt: instant(),
  /** The actor who began it. */
  startedBy: text(),
  results: jsonb().$type<CheckResult[]>().notNull().default([]),
});
