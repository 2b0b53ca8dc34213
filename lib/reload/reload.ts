import { recordConfiguration } from '#lib/audit/record-configuration';
import { learnAcceptedMetadata } from '#lib/checks/metadata-history';
import { type Config, ConfigError } from '#lib/config/config';
import { rereadConfig } from '#lib/config/config-files';
import { type Runtime, systemContext } from '#lib/context';
import { keepSecretUses } from '#lib/provider-calls/client-secret-uses';
import { recallLearnt } from '#lib/provider-calls/learnt-encodings';
import { tellWatchers } from '#lib/provider-calls/protections';
import { buildCatalog } from '#lib/providers/catalog';
import { compareProviders, isUnchanged, type ProviderChanges } from '#lib/reload/compare-providers';
import { needsRestart } from '#lib/reload/needs-restart';
import { sayRulesWithoutProvider } from '#lib/reload/sign-in-rules';
import { reloadState } from '#lib/reload/state';

/** Why the configuration is read again. `start`: once after the process began, for a change meanwhile. */
export type ReloadCause = 'start' | 'file' | 'signal' | 'command';

/** What came of it. `refused`: the configuration before is in force. `postponed`: so is it, and the next look tries again. */
export type ReloadResult =
  | { result: 'reloaded' | 'unchanged'; changes: ProviderChanges }
  | { result: 'refused' | 'postponed' };

function refuse(runtime: Runtime, cause: ReloadCause, faults: readonly string[]): ReloadResult {
  reloadState(runtime).refused = { at: performance.now(), faults };
  runtime.log.error({ event: 'configuration_not_reloaded', cause, faults });
  return { result: 'refused' };
}

/** Writes down and remembers what belongs to the providers before and after. @throws what the database says */
async function prepare(runtime: Runtime, next: Runtime, cause: ReloadCause, changes: ProviderChanges): Promise<void> {
  // A count that came before belongs to the secret that was shown then.
  await keepSecretUses(runtime);
  // Before the first flow: a server that moved its endpoints meanwhile is not followed.
  await learnAcceptedMetadata(next);
  await recallLearnt(next);
  if (!isUnchanged(changes)) await recordConfiguration(systemContext(next, 'reload'), { cause, ...changes });
}

async function readAgain(runtime: Runtime, cause: ReloadCause, read: () => Config): Promise<ReloadResult> {
  const state = reloadState(runtime);
  let config: Config;
  let providers: Runtime['providers'];
  try {
    config = read();
    providers = buildCatalog({ builtin: config.builtinProviders, file: config.providersFile });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return refuse(runtime, cause, error.faults);
  }
  const changes = compareProviders(runtime.providers, providers);
  try {
    await prepare(runtime, { ...runtime, providers }, cause, changes);
  } catch (err) {
    // Nothing changes that the ledger does not say.
    if (!state.postponed) runtime.log.warn({ event: 'configuration_reload_postponed', cause, err });
    state.postponed = true;
    return { result: 'postponed' };
  }
  // At once, and in place: each context holds the catalogue of its beginning, and all bundles share these two objects.
  const { builtinProviders, providersFile } = config;
  Object.assign(runtime.config, { builtinProviders, providersFile });
  runtime.providers = providers;
  Object.assign(state, { readAt: performance.now(), refused: null, postponed: false });
  state.needsRestart = needsRestart(runtime.config, config);
  const unchanged = isUnchanged(changes);
  if (!unchanged || cause === 'signal' || cause === 'command')
    runtime.log.info({ event: 'configuration_reloaded', cause, ...changes });
  if (!unchanged) sayRulesWithoutProvider(runtime);
  if (state.needsRestart.length > 0) runtime.log.warn({ event: 'restart_needed', variables: state.needsRestart });
  return { result: unchanged ? 'unchanged' : 'reloaded', changes };
}

/**
 * Reads the providers and the secrets of this process again, all or nothing: one fault, or a ledger that cannot be written,
 * leaves everything as it was. Requests, flows and refreshes under way go on with the record that they began with. Calls
 * wait for one another.
 * @param read for tests
 */
export function reloadConfiguration(
  runtime: Runtime,
  cause: ReloadCause,
  read: () => Config = rereadConfig,
): Promise<ReloadResult> {
  const state = reloadState(runtime);
  const work = state.last
    .catch(() => undefined)
    .then(() => readAgain(runtime, cause, read))
    .finally(() => tellWatchers(runtime));
  state.last = work;
  return work;
}
