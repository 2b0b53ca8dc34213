import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import { getBulkRevocation } from '#lib/bulk-revocation/get';
import { prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import { systemContext } from '#lib/context';
import { bulkRevocations } from '#lib/db/schema/bulk-revocations';
import { plainRecord } from '#tests/hub';
import { defineBenchmark } from './benchmark.ts';
import { fillConnections } from './fill.ts';
import { ask, type Served, startProgram } from './processes.ts';
import { rounded } from './statistics.ts';

/** What the provider has seen. */
export interface RevocationCounts {
  /** Calls of the revocation endpoint, and those it failed. */
  calls: number;
  failed: number;
  /** Calls of userinfo. */
  lookups: number;
  most_at_once: number;
  /** Grants that ended, and revocations of one that had ended before. */
  revoked: number;
  repeated: number;
}

const providerMs = 20;
const failsEvery = 10;
/** Asked before and after, and told in between. */
const callsEach = 3;

const seconds = (since: number) => (performance.now() - since) / 1000;

export const revoke = defineBenchmark({
  about: 'a bulk revocation of many connections by several processes, their provider failing one in ten',
  full: { rows: 100_000, processes: 3, concurrency: 32 },
  quick: { rows: 500, processes: 2, concurrency: 8 },
  run: async ({ rows, processes, concurrency }, stage) => {
    const { url, child: provider } = await startProgram<Served>(stage, 'bench/programs/revocation-provider.ts', {
      PROVIDER_LATENCY_MS: String(providerMs),
      PROVIDER_FAILS_EVERY: String(failsEvery),
    });
    const database = await stage.createDatabase('hub', [plainRecord(url)]);
    const { runtime } = database;
    await fillConnections(runtime, {
      count: rows,
      provider: 'acme',
      expiresIn: 86_400,
      accessToken: (n) => `access.${n}.${'x'.repeat(96)}`,
      refreshToken: (n) => `refresh.${n}.${'x'.repeat(96)}`,
    });
    const children: ChildProcess[] = [];
    for (let n = 0; n < processes; n++) {
      const environment = { ...database.environment, REFRESH_CONCURRENCY: String(concurrency) };
      children.push((await startProgram(stage, 'bench/programs/revoker.ts', environment)).child);
    }
    const all = async (what: 'here' | 'upstream') => {
      const answers = await Promise.all(children.map((child) => ask<{ done: number }>(child, { what })));
      return answers.reduce((sum, { done }) => sum + done, 0);
    };

    const admin = systemContext(runtime, 'bench');
    let began = performance.now();
    const { id } = await prepareBulkRevocation(admin, { provider: 'acme' });
    const prepareSeconds = seconds(began);
    // Begun as `startBulkRevocation` does, but for the work that this process would take a part in.
    await runtime.database.db
      .update(bulkRevocations)
      .set({ state: 'running', reason: 'bench', startedBy: 'bench', startedAt: sql`now()` })
      .where(eq(bulkRevocations.id, id));
    began = performance.now();
    await all('here');
    const hereSeconds = seconds(began);
    const bulk = () => getBulkRevocation(admin, { id });
    const here = (await bulk()).progress.here.revoked;

    began = performance.now();
    let attempts = 0;
    // Rounds, as ticks would make them, until only failed revocations wait.
    for (let made = -1; made !== 0; attempts += Math.max(made, 0)) made = await all('upstream');
    const firstSeconds = seconds(began);
    const pendingAfterFirst = (await bulk()).progress.upstream.pending;
    while (!(await bulk()).settled) {
      attempts += await all('upstream');
      await sleep(1000);
    }
    const settledSeconds = seconds(began);
    const pageBegan = performance.now();
    const { progress } = await bulk();
    const pageMs = performance.now() - pageBegan;
    const counts = await ask<RevocationCounts>(provider, {});
    const perSecond = attempts === 0 ? 0 : (rows - pendingAfterFirst) / firstSeconds;
    const bound = (processes * concurrency * 1000) / providerMs / callsEach;
    return {
      tables: [
        {
          title: `${rows} connections, provider at ${providerMs} ms failing one in ${failsEvery}, ${processes} processes with ${concurrency} at once`,
          columns: ['step', 'seconds', 'connections/s'],
          rows: [
            ['found and written down', rounded(prepareSeconds), rounded(rows / prepareSeconds)],
            ['revoked here', rounded(hereSeconds), rounded(rows / hereSeconds)],
            ['first round at the provider', rounded(firstSeconds), rounded(perSecond)],
            ['all proved dead', rounded(settledSeconds), rounded(rows / settledSeconds)],
          ],
        },
      ],
      goals: [
        { goal: `revoked here: ${rows}`, value: here, reached: here === rows },
        { goal: `proved dead: ${rows}`, value: progress.proof.proved, reached: progress.proof.proved === rows },
        { goal: 'told twice: 0', value: counts.repeated, reached: counts.repeated === 0 },
        { goal: 'progress read within 1,000 ms', value: rounded(pageMs), reached: pageMs <= 1000 },
      ],
      results: {
        prepare_seconds: rounded(prepareSeconds),
        here_seconds: rounded(hereSeconds),
        first_round_seconds: rounded(firstSeconds),
        settled_seconds: rounded(settledSeconds),
        revocations_per_second: rounded(perSecond),
        provider_allows_per_second: rounded(bound),
        attempts,
        page_ms: rounded(pageMs),
        provider: counts,
      },
    };
  },
});
