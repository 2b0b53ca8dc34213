import { asc } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { processes } from '#lib/db/schema/processes';
import { AppError } from '#lib/errors';
import { requestReload } from '#lib/reload/requests';
import { pause } from '#lib/running-time';
import { isAlive } from '#lib/status/list-processes';

/** What a process made of the command to reload. */
export interface ReloadedProcess {
  process: string;
  host: string;
  pid: number;
  /** `refused`: its files have a fault. `no answer`: it hangs, it was killed just now, or its build does not know the command. */
  result: 'in force' | 'refused' | 'no answer';
  faults: string[];
  /** Variables that it takes at its start only, where the file changed since. */
  needsRestart: string[];
}

/** Each process looks every two seconds, and asks no provider before it answers. Milliseconds. */
const waitMs = 10_000;
const againMs = 200;

async function answersTo(ctx: Context, request: number): Promise<ReloadedProcess[]> {
  const rows = await ctx.database.db
    .select()
    .from(processes)
    .where(isAlive)
    .orderBy(asc(processes.startedAt), asc(processes.id));
  return rows.map(({ id: process, host, pid, configuration }) => {
    const said = configuration && configuration.request >= request ? configuration : null;
    const result = said ? (said.refused ? 'refused' : 'in force') : 'no answer';
    return { process, host, pid, result, faults: said?.refused?.faults ?? [], needsRestart: said?.needsRestart ?? [] };
  });
}

/**
 * Lets every process on this database read its configuration again, and waits until each has said what came of it. Each
 * process reads its own files.
 * @throws AppError `forbidden` unless the command line asks, `invalid_request` where no process runs
 */
export async function reloadEverywhere(ctx: Context): Promise<ReloadedProcess[]> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const request = await requestReload(ctx.database.db);
  const until = performance.now() + waitMs;
  for (;;) {
    const answers = await answersTo(ctx, request);
    if (answers.length === 0) throw new AppError('invalid_request', { message: 'No process runs on this database.' });
    if (performance.now() > until || answers.every(({ result }) => result !== 'no answer')) return answers;
    await pause(againMs);
  }
}
