import { stopCheck } from '#lib/audit/begin-check';
import { recordConfiguration } from '#lib/audit/record-configuration';
import { startRestoreGuard } from '#lib/brakes/restore-guard';
import { getConfig } from '#lib/config/config';
import { putBackRecent } from '#lib/connections/recent-answers';
import { inBackground, type Runtime, systemContext } from '#lib/context';
import { startJobs } from '#lib/jobs/start-jobs';
import { describeError } from '#lib/log';
import { startHeartbeat } from '#lib/processes/heartbeat';
import { forget, once } from '#lib/registry';
import { getRuntime } from '#lib/runtime';

/** A started process: its parts, and what ends them in order. */
export interface Booted {
  runtime: Runtime;
  /** Begins nothing any more that nobody waits for. */
  stopJobs: () => Promise<void>;
  /** Stops the jobs, waits for what is still going on, takes the process off the list, closes the database. */
  shutDown: () => Promise<void>;
}

const ours = new Set(['ConfigError', 'DataFolderInUse', 'NotMigrated', 'ExtensionMissing']);

/** Says on standard error why the process cannot start, and ends it with status 1. */
export function failToStart(error: unknown): never {
  const plain = error instanceof Error && ours.has(error.name);
  const text = plain ? error.message : `Grantkeep cannot start: ${JSON.stringify(describeError(error), null, 2)}`;
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

async function start(): Promise<Booted> {
  getConfig();
  const runtime = await getRuntime();
  for (const { provider } of runtime.config.signInAllow) {
    // A slip of the pen there shuts people out without a word; the provider may also come later.
    const offered = runtime.providers.signIn().some(({ id }) => id === provider);
    if (!offered) runtime.log.warn({ event: 'sign_in_rule_without_provider', provider });
  }
  // Before anything is refreshed: a database from a backup holds tokens that must not be shown again.
  const stopGuard = await startRestoreGuard(runtime, { onPromotion: putBackRecent });
  inBackground(runtime, 'record_configuration', recordConfiguration(systemContext(runtime, 'start')));
  const stopJobs = await startJobs(runtime);
  const stopHeartbeat = startHeartbeat(runtime);
  return {
    runtime,
    stopJobs,
    shutDown: async () => {
      await stopJobs();
      stopCheck();
      await runtime.uses.idle();
      await Promise.allSettled(runtime.background);
      await runtime.vends.idle();
      await stopHeartbeat();
      await stopGuard();
      await runtime.database.close();
    },
  };
}

/** Starts the process's parts, once, whichever of `server.ts` and Next asks first. */
export function boot(): Promise<Booted> {
  return once('boot', () =>
    start().catch((error: unknown) => {
      forget('boot');
      throw error;
    }),
  );
}
