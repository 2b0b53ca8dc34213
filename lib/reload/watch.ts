import { stat } from 'node:fs/promises';
import { configurationFiles } from '#lib/config/config-files';
import type { Runtime } from '#lib/context';
import { tellWatchers } from '#lib/provider-calls/protections';
import { onHangup } from '#lib/reload/hangup';
import { type ReloadCause, reloadConfiguration } from '#lib/reload/reload';
import { lastRequest } from '#lib/reload/requests';
import { reloadState } from '#lib/reload/state';

/** Each look costs a stat a file; every other one a small read of the database. Milliseconds. */
const lookMs = 1000;

/**
 * What tells a change of the files. Links are followed, so that a folder of Kubernetes that is swapped as a whole, or a file
 * that an editor renames into place, shows as another file.
 */
async function signatureOf(paths: readonly string[]): Promise<string> {
  const parts = paths.map(async (path) => {
    const found = await stat(path, { bigint: true }).catch(() => null);
    return found ? `${found.dev}.${found.ino}.${found.size}.${found.mtimeNs}.${found.ctimeNs}` : 'absent';
  });
  return (await Promise.all(parts)).join(' ');
}

/**
 * Reads the configuration again when one of its files changes, at SIGHUP, and when the command line asks. A change counts
 * once two looks see the same, so that a file is not read while an editor writes it. Returns what ends it.
 */
export function startReloads(runtime: Runtime): () => Promise<void> {
  const state = reloadState(runtime);
  let stopped = false;
  let looks = 0;
  /** Of the files that were read last. Undefined: read them at the next look, as after the start. */
  let taken: string | undefined;
  let seen: string | undefined;

  const reload = async (cause: ReloadCause) => {
    // Before the files are read: a change while they are shows at the next look.
    const signature = await signatureOf(configurationFiles());
    const { result } = await reloadConfiguration(runtime, cause);
    taken = result === 'postponed' ? undefined : signature;
  };

  const lookAtFiles = async () => {
    const first = seen === undefined;
    const signature = await signatureOf(configurationFiles());
    const stands = signature === seen;
    seen = signature;
    if (signature !== taken && (stands || first)) await reload(first ? 'start' : 'file');
  };

  const lookAtRequests = async () => {
    const asked = await lastRequest(runtime.database.db);
    if (asked <= state.request) return;
    // What was asked before this process began was answered by its start.
    if (looks > 1) await reload('command');
    state.request = asked;
    // The caller waits for it in the row of this process.
    tellWatchers(runtime);
  };

  let looking: Promise<void> | undefined;
  const look = async () => {
    looks += 1;
    await lookAtFiles();
    // While the database is out of reach there is nothing to be told.
    if (looks % 2 === 1) await lookAtRequests().catch((err) => runtime.log.debug({ event: 'reload_not_asked', err }));
  };
  const begin = () => {
    if (stopped || looking) return;
    looking = look()
      .catch((err: unknown) => runtime.log.error({ event: 'reload_failed', err }))
      .finally(() => {
        looking = undefined;
      });
  };
  const timer = setInterval(begin, lookMs);
  timer.unref();
  begin();
  const deafen = onHangup(() => {
    if (!stopped) void reload('signal').catch((err: unknown) => runtime.log.error({ event: 'reload_failed', err }));
  });
  return async () => {
    stopped = true;
    clearInterval(timer);
    deafen();
    await looking;
    await state.last.catch(() => undefined);
  };
}
