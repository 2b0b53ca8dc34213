import { fork } from 'node:child_process';
import { once } from 'node:events';
import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { type Db, rowsOf } from '#lib/db/database';
import { wait } from '#tests/random';

/**
 * Starts a program that says `{acknowledged: …}` again and again, kills it with SIGKILL `afterMs` after the first, and
 * answers everything it had acknowledged.
 */
export async function killedChild<T>(program: string, orders: object, afterMs: number): Promise<T[]> {
  const acknowledged: T[] = [];
  const child = fork(program, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const atWork = new Promise<void>((resolve) => {
    child.on('message', (message: { acknowledged: T }) => {
      acknowledged.push(message.acknowledged);
      resolve();
    });
  });
  child.send(orders);
  await Promise.race([atWork, ended.then(() => Promise.reject(new Error('the child ended by itself')))]);
  await wait(afterMs);
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  return acknowledged;
}

/** Resolves when the server has ended what it was still doing for a process that died. */
export async function untilQuiet(db: Db): Promise<void> {
  const busy = sql`select 1 from pg_stat_activity
    where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`;
  await expect.poll(async () => rowsOf(await db.execute(busy))).toHaveLength(0);
}
