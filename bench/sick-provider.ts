import { sql } from 'drizzle-orm';
import { rowsOf } from '#lib/db/database';
import { addApiKey } from '#tests/hub';
import { defineBenchmark } from './benchmark.ts';
import { startCallers } from './callers.ts';
import { fillConnections } from './fill.ts';
import { memoryOf, sampledDuring } from './memory.ts';
import { needBuild, startHub } from './processes.ts';
import { startProvider, writeGrant } from './provider.ts';
import type { Stage } from './stage.ts';
import { medianOf, rounded } from './statistics.ts';
import { besideDeadTenant } from './tenants.ts';
import { load, needWrk, vendRequest, writeRequests } from './wrk.ts';

/** Longer than the hub waits for any provider. */
const hangingMs = 30_000;

/** Connections of one provider with tokens that are over; one of their accounts gets 429 all the time. */
const accounts = 100;

/**
 * What one account's 429 does to the others of its provider: callers ask for that account's token again and again, and
 * then all others want one at the same time.
 */
async function besideLimited(stage: Stage, seconds: number): Promise<{ served: number; limitedCalls: number }> {
  const provider = await startProvider(stage, { id: 'limited', latencyMs: 20, limitedGrant: 0 });
  const database = await stage.createDatabase('limited', [provider.record]);
  const filled = await fillConnections(database.runtime, {
    count: accounts,
    provider: 'limited',
    expiresIn: -10,
    refreshToken: (grant) => writeGrant('refresh', { grant, generation: 0 }),
  });
  const { key } = await addApiKey(database.runtime);
  const hub = await startHub(stage, database);
  const [limited = '', ...others] = filled.map(({ id }) => vendRequest(id, key).path);
  const { headers } = vendRequest('', key);
  const origins = [hub.url];
  const [callLimited, callOthers] = [await startCallers(stage), await startCallers(stage)];
  // Long enough that the account has had its 429s when the others begin.
  await callLimited({ origins, paths: [limited], headers, callers: 8, seconds: 1 });
  const hammering = callLimited({ origins, paths: [limited], headers, callers: 8, seconds });
  const { tokens } = await callOthers({ origins, paths: others, headers, callers: others.length });
  await hammering;
  return { served: tokens.length / others.length, limitedCalls: (await provider.counts()).refused };
}

export const sickProvider = defineBenchmark({
  about: 'what a provider that hangs, one account that gets 429 and the dead host of one tenant do to all others',
  full: { rows: 10_000, connections: 32, sick_callers: 64, seconds: 30, rounds: 3 },
  quick: { rows: 200, connections: 8, sick_callers: 8, seconds: 3, rounds: 1 },
  run: async ({ rows, connections, sick_callers, seconds, rounds }, stage) => {
    await needWrk();
    await needBuild();
    const well = await startProvider(stage, { id: 'well', latencyMs: 20 });
    const sick = await startProvider(stage, { id: 'sick', latencyMs: hangingMs });
    const database = await stage.createDatabase('hub', [well.record, sick.record]);
    const healthy = await fillConnections(database.runtime, { count: rows, provider: 'well', expiresIn: 86_400 });
    const hanging = await fillConnections(database.runtime, {
      count: rows,
      provider: 'sick',
      expiresIn: -10,
      refreshToken: (grant) => writeGrant('refresh', { grant, generation: 0 }),
    });
    const { key } = await addApiKey(database.runtime);
    const hub = await startHub(stage, database);
    const vends = writeRequests(
      stage.folder,
      'well',
      hub.url,
      healthy.map(({ id }) => vendRequest(id, key)),
    );
    const call = await startCallers(stage);
    const paths = hanging.map(({ id }) => vendRequest(id, key).path);
    const { headers } = vendRequest('', key);
    const inUse = sql`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and application_name like 'grantkeep%' and pid <> pg_backend_pid()`;
    const sample = async () => ({
      memory: memoryOf(hub.pid),
      sessions: rowsOf<{ n: number }>(await database.runtime.database.db.execute(inUse))[0]?.n ?? 0,
    });
    const vendsFor = () => sampledDuring(250, sample, load(vends, { connections, seconds }));
    await load(vends, { connections, seconds: Math.ceil(seconds / 3) });

    const alone: Awaited<ReturnType<typeof vendsFor>>[] = [];
    const beside: Awaited<ReturnType<typeof vendsFor>>[] = [];
    const sickAnswers: Record<string, number> = {};
    for (let round = 0; round < rounds; round++) {
      alone.push(await vendsFor());
      const calling = call({ origins: [hub.url], paths, headers, callers: sick_callers, seconds: seconds + 1 });
      beside.push(await vendsFor());
      // Their last calls hang for as long as the hub waits for a provider; then the next round begins undisturbed.
      for (const [kind, count] of Object.entries((await calling).answers)) {
        sickAnswers[kind] = (sickAnswers[kind] ?? 0) + count;
      }
    }

    const summary = (all: typeof alone) => ({
      requests_per_second: rounded(medianOf(all, ({ result }) => result.requests_per_second)),
      p50_ms: rounded(medianOf(all, ({ result }) => result.p50_ms)),
      p99_ms: rounded(medianOf(all, ({ result }) => result.p99_ms)),
      most_memory_mib: Math.max(...all.flatMap(({ samples }) => samples.map(({ memory }) => memory))),
      most_database_sessions: Math.max(...all.flatMap(({ samples }) => samples.map(({ sessions }) => sessions))),
    });
    const limited = await besideLimited(stage, seconds);
    const tenant = await besideDeadTenant(stage, seconds);
    const cases = { alone: summary(alone), beside_sick: summary(beside) };
    const kept = rounded(cases.beside_sick.requests_per_second / cases.alone.requests_per_second, 3);
    return {
      tables: [
        {
          title: `Vends of a well provider, ${sick_callers} callers waiting for one that hangs ${hangingMs / 1000} s`,
          columns: ['case', 'requests/s', 'p50 ms', 'p99 ms', 'memory MiB (most)', 'database sessions (most)'],
          rows: Object.entries(cases).map(([name, one]) => [
            name,
            one.requests_per_second,
            one.p50_ms,
            one.p99_ms,
            one.most_memory_mib,
            one.most_database_sessions,
          ]),
        },
        {
          title: 'What the callers of the sick provider got',
          columns: ['answer', 'count'],
          rows: Object.entries(sickAnswers),
        },
        {
          title: 'Callers of the other accounts, all at once, while 8 callers ask for the token of one that gets 429',
          columns: ['served', 'of the calls of that account, reached the provider'],
          rows: [[limited.served, limited.limitedCalls]],
        },
        {
          title:
            'Callers of the other tenants, all at once, while 64 callers ask for tokens of a tenant whose host is dead',
          columns: ['served', 'last answer ms', 'calls of the dead tenant', 'of which reached its host'],
          rows: [
            [
              tenant.served,
              rounded(tenant.lastMs),
              Object.values(tenant.deadAnswers).reduce((sum, count) => sum + count, 0),
              tenant.deadTunnels,
            ],
          ],
        },
      ],
      goals: [
        { goal: 'requests/s beside the sick provider ÷ alone ≥ 0.9', value: kept, reached: kept >= 0.9 },
        {
          goal: 'of those beside an account that gets 429, served = 1',
          value: limited.served,
          reached: limited.served === 1,
        },
        {
          goal: 'of those beside a tenant whose host is dead, served = 1',
          value: tenant.served,
          reached: tenant.served === 1,
        },
      ],
      results: { cases, sick_answers: sickAnswers, kept, beside_limited: limited, beside_dead_tenant: tenant },
    };
  },
});
