import { stopCheck } from '#lib/audit/begin-check';
import { recordConfiguration } from '#lib/audit/record-configuration';
import { learnAcceptedMetadata } from '#lib/checks/metadata-history';
import { getConfig } from '#lib/config/config';
import { isProduction } from '#lib/config/mode';
import { inBackground, type Runtime, systemContext } from '#lib/context';
import { startRestoreGuard } from '#lib/freezes/restore-guard';
import { startJobs } from '#lib/jobs/start-jobs';
import { getLogger } from '#lib/log';
import { forget, once } from '#lib/process-parts';
import { endDeadLeases } from '#lib/refresh/end-dead-leases';
import { putBackRecent } from '#lib/refresh/recent-answers';
import { sayRulesWithoutProvider } from '#lib/reload/sign-in-rules';
import { startReloads } from '#lib/reload/watch';
import { getRuntime } from '#lib/runtime';
import { sayStartFault } from '#lib/start-faults';
import { startHeartbeat } from '#lib/status/heartbeat';
import { startTelemetry } from '#lib/telemetry/start-telemetry';
import { holdDataKeys, startDataKeys } from '#lib/vault-keys/data-keys';
import { learnUnboundOver } from '#lib/vault-keys/reseal';
import { checkVaultKeys } from '#lib/vault-keys/vault-keys';

/** A started process: its parts, and what ends them in order. */
export interface Booted {
  runtime: Runtime;
  /** Begins no more work without a waiting caller. */
  stopJobs: () => Promise<void>;
  /** Stops the jobs, waits for work under way, takes the process off the list, closes the database. */
  shutDown: () => Promise<void>;
}

/** The options of the start's command line. */
export interface StartOptions {
  /** Goes on without rows that need a missing vault key. */
  allowMissingKeys?: boolean;
}

/**
 * Ends the process with status 1 and says why: in production as one line of the log, with the faults of a configuration
 * each by itself; else as text on standard error.
 */
export function failToStart(error: unknown): never {
  const text = sayStartFault(error);
  if (isProduction()) {
    const [reason = '', ...faults] = text.split('\n- ');
    getLogger().fatal({ event: 'not_started', reason, ...(faults.length > 0 ? { faults } : {}) });
  } else {
    process.stderr.write(`${text}\n`);
  }
  process.exit(1);
}

async function start(options: StartOptions): Promise<Booted> {
  getConfig();
  const runtime = await getRuntime();
  const stopTelemetry = await startTelemetry(runtime.config, runtime.log);
  await holdDataKeys(runtime);
  await checkVaultKeys(runtime, { allowMissing: options.allowMissingKeys === true });
  await startDataKeys(runtime);
  await learnUnboundOver(runtime);
  // Before the first flow: a server that moved its endpoints meanwhile is not followed.
  await learnAcceptedMetadata(runtime);
  sayRulesWithoutProvider(runtime);
  // Before anything is refreshed: a database from a backup holds tokens that must not be shown again.
  const stopGuard = await startRestoreGuard(runtime, { onPromotion: putBackRecent });
  await endDeadLeases(runtime);
  inBackground(runtime, 'record_configuration', recordConfiguration(systemContext(runtime, 'start')));
  const stopJobs = startJobs(runtime);
  const stopHeartbeat = startHeartbeat(runtime);
  const stopReloads = startReloads(runtime);
  return {
    runtime,
    stopJobs,
    shutDown: async () => {
      await stopJobs();
      await stopReloads();
      stopCheck();
      await runtime.uses.idle();
      await Promise.allSettled(runtime.background);
      await runtime.vends.idle();
      await stopHeartbeat();
      await stopGuard();
      await runtime.database.close();
      await stopTelemetry();
    },
  };
}

/** Starts the process's parts, once, whichever of `server.ts` and Next asks first. */
export function boot(options: StartOptions = {}): Promise<Booted> {
  return once('boot', () =>
    start(options).catch((error: unknown) => {
      forget('boot');
      throw error;
    }),
  );
}
