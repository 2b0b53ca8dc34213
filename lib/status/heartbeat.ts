import { hostname } from 'node:os';
import { eq, sql } from 'drizzle-orm';
import { learnAcceptedMetadata } from '#lib/checks/metadata-history';
import { inBackground, type Runtime } from '#lib/context';
import { processes } from '#lib/db/schema/processes';
import { keepSecretUses } from '#lib/provider-calls/client-secret-uses';
import { keepLearntEncodings, recallLearnt } from '#lib/provider-calls/learnt-encodings';
import { watchProviders } from '#lib/provider-calls/protections';
import { reportConfiguration } from '#lib/reload/state';
import { reportProviders } from '#lib/status/report-providers';
import { productVersion } from '#lib/status/version';
import { learnDataKeys } from '#lib/vault-keys/data-keys';
import { learnUnboundOver } from '#lib/vault-keys/reseal';

const beatSeconds = 15;
/** Three beats missed and a little more: then a process counts as gone. */
export const goneAfterSeconds = 50;

/** Writes that this process runs, and what it knows of its providers. One row, by the database's clock. */
export async function sayAlive(runtime: Runtime): Promise<void> {
  const providers = reportProviders(runtime);
  const configuration = reportConfiguration(runtime);
  await runtime.database.db
    .insert(processes)
    .values({
      id: runtime.processId,
      host: hostname(),
      pid: process.pid,
      version: productVersion(),
      lastSeenAt: sql`clock_timestamp()`,
      providers,
      configuration,
    })
    .onConflictDoUpdate({
      target: processes.id,
      set: { lastSeenAt: sql`clock_timestamp()`, providers, configuration },
    });
}

/**
 * Lets the other processes know of this one: every few seconds, and at once when a circuit opens or closes. Changes
 * that come while one is being written share the next write. A write that fails is made good by the next beat.
 * Returns what ends it and takes the process off the list.
 */
export function startHeartbeat(runtime: Runtime): () => Promise<void> {
  let stopped = false;
  let wanted = false;
  let writing: Promise<unknown> | undefined;
  let learning: Promise<void> | undefined;
  const learnKeys = () => {
    if (stopped || learning) return;
    learning = learnDataKeys(runtime)
      .catch((err: unknown) => runtime.log.warn({ event: 'data_keys_not_read', err }))
      .finally(() => {
        learning = undefined;
      });
  };
  const write = (): Promise<unknown> =>
    Promise.all([
      // After this process is on the list: a key seals once every process on it holds the key. No beat waits for a slow
      // key service, since a process that is silent counts as gone.
      sayAlive(runtime).then(learnKeys),
      learnUnboundOver(runtime),
      recallLearnt(runtime),
      keepSecretUses(runtime),
      learnAcceptedMetadata(runtime),
    ]).catch((error: unknown) => runtime.log.warn({ event: 'heartbeat_not_written', err: error }));
  const beat = () => {
    wanted = true;
    if (stopped || writing) return;
    wanted = false;
    writing = write().finally(() => {
      writing = undefined;
      if (wanted) beat();
    });
  };
  const unwatch = watchProviders(runtime, beat);
  const unkeep = keepLearntEncodings(runtime, (work) => inBackground(runtime, 'keep_encoding', work));
  const everyBeat = setInterval(beat, beatSeconds * 1000);
  everyBeat.unref();
  beat();
  return async () => {
    stopped = true;
    clearInterval(everyBeat);
    unwatch();
    unkeep();
    await writing;
    await learning;
    await keepSecretUses(runtime).catch((error: unknown) =>
      runtime.log.warn({ event: 'secret_uses_not_written', err: error }),
    );
    await runtime.database.db
      .delete(processes)
      .where(eq(processes.id, runtime.processId))
      .catch((error: unknown) => runtime.log.warn({ event: 'heartbeat_not_ended', err: error }));
  };
}
