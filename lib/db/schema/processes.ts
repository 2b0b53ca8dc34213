import { integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/**
 * A process's view of a host of a provider, or of several hosts together. Spans of milliseconds count from the row's
 * `lastSeenAt`, so that a process with a wrong clock says nothing wrong.
 */
export interface ProviderReport {
  provider: string;
  /** Null: of all its hosts that are not named. Absent in what an earlier build wrote. */
  host?: string | null;
  circuit: 'closed' | 'open' | 'half_open';
  /** Since when it is not answering; null while it answers. */
  notAnsweringForMs: number | null;
  /** Until it is asked again; of use while the circuit is open. */
  askedAgainInMs: number;
  /** Until then the background leaves it alone, because it asked for rest. */
  restsForMs: number;
  /** Accounts that it keeps from asking because the provider answers 429. Absent in what an earlier build wrote. */
  limitedAccounts?: number;
  callsUnderWay: number;
  callsWaiting: number;
}

/** How a process stands to the files of its configuration. Spans count from the row's `lastSeenAt`. */
export interface ConfigurationReport {
  /** The last command to reload that it has carried out. */
  request: number;
  /** A short keyed hash of the configuration in force: processes with the same one have the same. */
  digest: string;
  readMsAgo: number;
  /** Set while its files have a fault and what was read before is in force. The faults name places, and hold no secret. */
  refused: { msAgo: number; faults: string[] } | null;
  /** Variables that changed in their files since the process started, and that it takes at its start only. */
  needsRestart: string[];
}

/** A running process, by its own word: it says so every few seconds, and at once when a circuit opens or closes. */
export const processes = pgTable('processes', {
  id: text().primaryKey(),
  host: text().notNull(),
  pid: integer().notNull(),
  version: text().notNull(),
  startedAt: instant().notNull().defaultNow(),
  lastSeenAt: instant().notNull().defaultNow(),
  providers: jsonb().$type<ProviderReport[]>().notNull().default([]),
  /** Ids of the data keys that it holds. Null: a build that knows none. */
  vaultKeys: text().array(),
  /** Null: a build that does not read its configuration again. */
  configuration: jsonb().$type<ConfigurationReport>(),
});
