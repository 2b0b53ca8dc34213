import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { gt } from 'drizzle-orm';
import { openTokens } from '#lib/connections/tokens-at-rest';
import { type Context, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { beginReseal } from '#lib/vault-keys/begin-reseal';
import { startDataKeys } from '#lib/vault-keys/data-keys';
import { listVaultKeys } from '#lib/vault-keys/list-keys';
import { rotateVaultKey } from '#lib/vault-keys/rotate';
import type { Making } from '#tests/child-runtime';
import { addApiKey, plainRecord } from '#tests/hub';
import { defineBenchmark } from './benchmark.ts';
import { type Filled, fillConnections } from './fill.ts';
import { countLeft, vendUntil } from './reseal.ts';
import type { BenchDatabase } from './stage.ts';

const records = [plainRecord('http://127.0.0.1:9')];

/**
 * Processes that reseal one after the other, each killed a while after its first batch, until nothing is left to reseal.
 * Answers how many were killed.
 */
async function resealUnderKills(ctx: Context, { url, environment }: BenchDatabase, everyMs: number): Promise<number> {
  let kills = 0;
  while ((await listVaultKeys(ctx)).reseal?.state === 'running') {
    const child = fork('tests/reseal-child.ts', { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const ended = once(child, 'exit');
    child.send({ databaseUrl: url, environment, records } satisfies Making);
    await Promise.race([
      once(child, 'message'),
      ended.then(() => Promise.reject(new Error('a child ended by itself'))),
    ]);
    await sleep(everyMs);
    child.kill('SIGKILL');
    await ended;
    kills++;
  }
  return kills;
}

/** Of how many connections the stored access token is not the one that its caller was promised. */
async function countSpoilt(ctx: Context, filled: readonly Filled[]): Promise<number> {
  const { db } = ctx.database;
  const promised = new Map(filled.map(({ id, accessToken }) => [id, accessToken]));
  let last = '';
  for (;;) {
    const rows = await db
      .select()
      .from(connections)
      .where(gt(connections.id, last))
      .orderBy(connections.id)
      .limit(5000);
    if (rows.length === 0) return promised.size;
    for (const row of rows) if (openTokens(ctx, row).accessToken === promised.get(row.id)) promised.delete(row.id);
    last = rows.at(-1)?.id ?? '';
  }
}

/** Reseals every stored token in processes that are killed one after the other, while another process vends. */
export const resealKills = defineBenchmark({
  about: 'seals all stored tokens anew in processes that `kill -9` ends each second, and its losses',
  full: { rows: 50_000, callers: 8, kill_every_ms: 1000 },
  quick: { rows: 4_000, callers: 4, kill_every_ms: 10 },
  run: async ({ rows, callers, kill_every_ms: killEveryMs }, stage) => {
    const made = await stage.createDatabase('hub', records);
    const ctx = systemContext(made.runtime, 'bench');
    await startDataKeys(made.runtime);
    const filled = await fillConnections(made.runtime, { count: rows, provider: 'acme', expiresIn: 86_400 });
    const { ctx: caller } = await addApiKey(made.runtime);
    await rotateVaultKey(ctx);
    await beginReseal(ctx);
    const state = { over: false };
    const vending = vendUntil(caller, filled, callers, () => state.over);
    const kills = await resealUnderKills(ctx, made, killEveryMs);
    state.over = true;
    const { vends, failed, p50, p99 } = await vending;
    const left = await countLeft(ctx);
    const spoilt = await countSpoilt(ctx, filled);
    return {
      tables: [
        {
          title: `${rows} rows, ${callers} callers, a kill every ${killEveryMs} ms`,
          columns: ['kills', 'vends', 'failed', 'p50 ms', 'p99 ms'],
          rows: [[kills, vends, failed, p50, p99]],
        },
      ],
      goals: [
        { goal: 'failed vends = 0', value: failed, reached: failed === 0 },
        { goal: 'values left under older keys = 0', value: left, reached: left === 0 },
        { goal: 'tokens that are not as they were = 0', value: spoilt, reached: spoilt === 0 },
      ],
      results: { kills, vends, failed, p50, p99, left, spoilt },
    };
  },
});
