import type { ChildProcess } from 'node:child_process';
import { cpus } from 'node:os';
import { sql } from 'drizzle-orm';
import { connections } from '#lib/db/schema/connections';
import type { RefreshedDue } from '#lib/refresh/refresh-due';
import { end } from '#scripts/processes';
import { defineBenchmark, type Goal } from './benchmark.ts';
import { fillConnections } from './fill.ts';
import { ask, startProgram } from './processes.ts';
import { startProvider, writeGrant } from './provider.ts';
import type { BenchDatabase, Stage } from './stage.ts';
import { rounded } from './statistics.ts';

const providerMs = 20;

interface Swept {
  processes: number;
  refreshes_per_second: number;
  /** Concurrency ÷ latency: what the provider itself allows. */
  bound_per_second: number;
  share_of_bound: number;
  /** Of all processors, while it ran. */
  processors_busy: number;
  /** What each process refreshed. */
  shares: number[];
  failed: number;
}

export const sweep = defineBenchmark({
  about: 'refreshes a second over many connections that are due, by one process and by several',
  full: { rows: 100_000, processes: [1, 3], concurrency: 32 },
  quick: { rows: 300, processes: [1, 2], concurrency: 8 },
  run: async ({ rows, processes, concurrency }, stage) => {
    const provider = await startProvider(stage, { latencyMs: providerMs });
    const database = await stage.createDatabase('hub', [provider.record]);
    await fillConnections(database.runtime, {
      count: rows,
      provider: 'acme',
      expiresIn: -10,
      refreshToken: (grant) => writeGrant('refresh', { grant, generation: 0 }),
    });
    const all: Swept[] = [];
    for (const count of processes as readonly number[]) {
      await makeDue(database);
      all.push(await sweepOnce(stage, database, count, concurrency));
    }
    const { refreshed, repeated, most_at_once } = await provider.counts();
    const expected = rows * all.length;
    return {
      tables: [
        {
          title: `${rows} connections due, provider at ${providerMs} ms, ${concurrency} at once in each process`,
          columns: ['processes', 'refreshes/s', 'provider allows', 'share', 'processors busy', 'failed'],
          rows: all.map((one) => [
            one.processes,
            one.refreshes_per_second,
            one.bound_per_second,
            one.share_of_bound,
            one.processors_busy,
            one.failed,
          ]),
        },
      ],
      goals: [
        ...all.map(boundGoal),
        { goal: 'refresh tokens spent twice: 0', value: repeated, reached: repeated === 0 },
        { goal: `each connection refreshed once: ${expected}`, value: refreshed, reached: refreshed === expected },
      ],
      results: { sweeps: all, provider: { refreshed, repeated, most_at_once } },
    };
  },
});

function boundGoal({ processes, share_of_bound, processors_busy }: Swept): Goal {
  const goal = `${processes} processes: ≥ 0.8 of what the provider allows, or processors full (≥ 0.9)`;
  return { goal, value: share_of_bound, reached: share_of_bound >= 0.8 || processors_busy >= 0.9 };
}

/** As if every token had been in use and had just run out. */
async function makeDue({ runtime }: BenchDatabase): Promise<void> {
  const { db } = runtime.database;
  await db.execute(sql`set statement_timeout = 0`);
  await db.update(connections).set({
    accessTokenIssuedAt: sql`now() - interval '1 hour'`,
    accessTokenExpiresAt: sql`now() - interval '10 seconds'`,
  });
  await db.execute(sql`insert into connection_uses
    select person_id, id, now() - interval '5 minutes', 'key_bench' from connections
    on conflict (person_id, connection_id) do update set last_used_at = excluded.last_used_at`);
  await db.execute(sql`vacuum (analyze) connections, connection_uses`);
}

/** One round in each process at the same time, until nothing is due any more. */
async function sweepOnce(
  stage: Stage,
  database: BenchDatabase,
  processes: number,
  concurrency: number,
): Promise<Swept> {
  const children: ChildProcess[] = [];
  for (let n = 0; n < processes; n++) {
    const environment = { ...database.environment, REFRESH_CONCURRENCY: String(concurrency) };
    children.push((await startProgram(stage, 'bench/programs/refresher.ts', environment)).child);
  }
  const before = processorTimes();
  const began = performance.now();
  const rounds = await Promise.all(children.map((child) => ask<RefreshedDue>(child, {})));
  const seconds = (performance.now() - began) / 1000;
  const after = processorTimes();
  for (const child of children) await end(child);
  const shares = rounds.map(({ refreshed }) => refreshed);
  const rate = shares.reduce((sum, one) => sum + one, 0) / seconds;
  const bound = (processes * concurrency * 1000) / providerMs;
  return {
    processes,
    refreshes_per_second: rounded(rate),
    bound_per_second: bound,
    share_of_bound: rounded(rate / bound, 3),
    processors_busy: rounded((after.busy - before.busy) / (after.all - before.all), 3),
    shares,
    failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/** Milliseconds of all processors since the machine started. */
function processorTimes(): { busy: number; all: number } {
  const times = cpus().map((one) => one.times);
  const all = times.reduce((sum, { user, nice, sys, irq, idle }) => sum + user + nice + sys + irq + idle, 0);
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
}
