import { hash } from 'node:crypto';
import { describeConfiguration } from '#lib/audit/record-configuration';
import type { Runtime } from '#lib/context';
import type { ConfigurationReport } from '#lib/db/schema/processes';
import { once } from '#lib/process-parts';

/** What this process knows of its configuration's files. */
export interface ReloadState {
  /** The last command to reload that this process has carried out. */
  request: number;
  /** Milliseconds of `performance.now()`. */
  readAt: number;
  /** Set while the files have a fault: the configuration before it is in force. */
  refused: { at: number; faults: readonly string[] } | null;
  needsRestart: readonly string[];
  /** A reload waits for the database; said once. */
  postponed: boolean;
  /** Reloads, one after the other. */
  last: Promise<unknown>;
}

export const reloadState = ({ processId }: Pick<Runtime, 'processId'>): ReloadState =>
  once(`reload-state ${processId}`, () => ({
    request: 0,
    readAt: performance.now(),
    refused: null,
    needsRestart: [],
    postponed: false,
    last: Promise.resolve(),
  }));

/** The most that a row says of one fault, and of how many. */
const mostFaults = 20;
const longestFault = 300;

/** This process's report on its configuration, for the status page and the command line of any process. */
export function reportConfiguration(runtime: Runtime): ConfigurationReport {
  const { request, readAt, refused, needsRestart } = reloadState(runtime);
  const now = performance.now();
  return {
    request,
    digest: hash('sha256', describeConfiguration(runtime).join('\n'), 'hex').slice(0, 16),
    readMsAgo: Math.round(now - readAt),
    refused: refused && {
      msAgo: Math.round(now - refused.at),
      faults: refused.faults.slice(0, mostFaults).map((fault) => fault.slice(0, longestFault)),
    },
    needsRestart: [...needsRestart],
  };
}
