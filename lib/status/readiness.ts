import { setTimeout as sleep } from 'node:timers/promises';
import type { Runtime } from '#lib/context';
import { probeLedger } from '#lib/ledger/probe-ledger';

/** For which an answer counts for all who ask: anybody may, and each question takes a connection. */
const freshMs = 2_000;
/** A vend that waits longer than this for its entry is not answered in time. */
const patienceMs = 5_000;

type Asked = Pick<Runtime, 'database' | 'log'>;

/** Asks the way that a vend goes: the connection that reads for it, and the table that takes its entry. */
async function ask({ database }: Asked): Promise<void> {
  await Promise.all([database.hot.read('select 1', []), probeLedger(database)]);
}

/** Whether a vend could be answered now. The log says when that changes, and why. */
export function createReadiness(runtime: Asked): () => Promise<boolean> {
  let answer: { ok: boolean; at: number } | undefined;
  return async () => {
    if (answer && performance.now() - answer.at < freshMs) return answer.ok;
    const cancelled = new AbortController();
    const tooLate = sleep(patienceMs, undefined, { ref: false, signal: cancelled.signal }).then(() => {
      throw new Error('the database takes too long');
    });
    const fault: unknown = await Promise.race([ask(runtime), tooLate]).then(
      () => null,
      (error: unknown) => error,
    );
    tooLate.catch(() => {});
    cancelled.abort();
    const ok = fault === null;
    if (!ok && answer?.ok !== false) runtime.log.warn({ event: 'not_ready', err: fault });
    if (ok && answer?.ok === false) runtime.log.info({ event: 'ready_again' });
    answer = { ok, at: performance.now() };
    return ok;
  };
}
