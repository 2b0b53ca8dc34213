import { addApiKey, plainRecord } from '#tests/hub';
import { randomFrom } from '#tests/random';
import { defineBenchmark, type Findings, type Goal } from './benchmark.ts';
import { fillConnections } from './fill.ts';
import { needBuild } from './processes.ts';
import { medianOf, rotated, rounded, shuffled } from './statistics.ts';
import { type CaseName, caseNames, prepareFloors, startBetterAuth, startFloor, startProduct } from './vend-cases.ts';
import { type Load, load, needWrk } from './wrk.ts';

/** Pool sizes at which the node floor is tried; the fastest counts. */
const pools = [1, 2, 4, 10, 32];

type Parameters = { rows: number; connections: readonly number[]; seconds: number; rounds: number };

/** All rounds of all cases, by the number of callers' connections. */
type Measured = Map<number, Map<CaseName, Load[]>>;

export const vend = defineBenchmark<Parameters>({
  about: 'live tokens a second and their latency, beside two floors and Better Auth',
  full: { rows: 100_000, connections: [32, 256], seconds: 30, rounds: 5 },
  quick: { rows: 2_000, connections: [32], seconds: 2, rounds: 1 },
  run: async ({ rows, connections, seconds, rounds }, stage) => {
    await needWrk();
    await needBuild();
    const database = await stage.createDatabase('hub', [plainRecord('http://127.0.0.1:9')]);
    console.log(`  filling ${rows} connections …`);
    const made = await fillConnections(database.runtime, { count: rows, provider: 'acme', expiresIn: 7 * 86_400 });
    const filled = shuffled(made, randomFrom(1));
    const { key } = await addApiKey(database.runtime);
    const floorTable = await prepareFloors(stage, database, filled);
    const product = await startProduct(stage, database, filled, key);
    const betterAuth = await startBetterAuth(stage, filled);

    const measured: Measured = new Map();
    const floorPools: Record<string, { fastest: number; requests_per_second: Record<string, number> }> = {};
    for (const callers of connections) {
      const byPool: Record<string, number> = {};
      for (const pool of pools) {
        const floor = await startFloor(stage, 'node_floor', floorTable, pool);
        byPool[pool] = rounded((await load(floor.requests, { connections: callers, seconds })).requests_per_second);
        await floor.stop();
      }
      const fastest = pools.toSorted((a, b) => (byPool[b] ?? 0) - (byPool[a] ?? 0))[0] ?? 1;
      console.log(`  node floor, ${callers} connections: fastest with a pool of ${fastest}`);
      floorPools[callers] = { fastest, requests_per_second: byPool };
      const floors = [
        await startFloor(stage, 'node_floor', floorTable, fastest),
        await startFloor(stage, 'next_floor', floorTable, fastest),
      ];
      const cases = [...product, ...floors, betterAuth];
      for (const { requests } of cases) await load(requests, { connections: callers, seconds: Math.ceil(seconds / 2) });
      const loads = new Map<CaseName, Load[]>(cases.map(({ name }) => [name, []]));
      for (let round = 0; round < rounds; round++) {
        for (const { name, requests } of rotated(cases, round)) {
          // It was idle for the turns of the others: its first seconds after that are slower than what it does in service.
          await load(requests, { connections: callers, seconds: Math.ceil(seconds / 5) });
          const one = await load(requests, { connections: callers, seconds });
          console.log(`  ${name}, ${callers} connections: ${Math.round(one.requests_per_second)} a second`);
          loads.get(name)?.push(one);
        }
      }
      measured.set(callers, loads);
      for (const floor of floors) await floor.stop();
    }
    return findings(measured, floorPools);
  },
});

function findings(measured: Measured, floorPools: Record<string, unknown>): Findings {
  const cases: Record<string, Record<string, ReturnType<typeof summary> & { rounds: Load[] }>> = {};
  for (const name of caseNames) {
    cases[name] = {};
    for (const [callers, loads] of measured) {
      const rounds = loads.get(name) ?? [];
      cases[name][callers] = { ...summary(rounds), rounds };
    }
  }
  const all = [...measured.keys()].map((callers) => {
    const of = (name: CaseName) => cases[name]?.[callers]?.requests_per_second ?? 0;
    const ratios = {
      front_door_to_node_floor: rounded(of('front_door') / of('node_floor'), 3),
      front_door_to_better_auth: rounded(of('front_door') / of('better_auth'), 3),
      next_to_next_floor: rounded(of('next') / of('next_floor'), 3),
    };
    return { callers, ratios };
  });
  return {
    tables: [
      {
        title: 'Vending a live token (medians)',
        columns: ['connections', 'case', 'requests/s', 'p50 ms', 'p99 ms', 'of the node floor'],
        rows: [...measured.keys()].flatMap((callers) =>
          caseNames.map((name) => {
            const one = cases[name]?.[callers];
            const floor = cases.node_floor?.[callers]?.requests_per_second ?? 0;
            const share = rounded((one?.requests_per_second ?? 0) / floor, 3);
            return [callers, name, one?.requests_per_second ?? 0, one?.p50_ms ?? 0, one?.p99_ms ?? 0, share];
          }),
        ),
      },
    ],
    goals: all.flatMap(({ callers, ratios }) => {
      const at = `at ${callers} connections`;
      const { p50_ms = 0, p99_ms = 0 } = cases.front_door?.[callers] ?? {};
      const spread = rounded(p99_ms / p50_ms, 3);
      return [
        atLeast(`server.ts ÷ node floor ≥ 0.4 ${at}`, ratios.front_door_to_node_floor, 0.4),
        atLeast(`server.ts ÷ Better Auth ≥ 8 ${at}`, ratios.front_door_to_better_auth, 8),
        atLeast(`through Next ÷ Next floor ≥ 0.7 ${at}`, ratios.next_to_next_floor, 0.7),
        ...(callers === 32
          ? [{ goal: 'server.ts: p99 ÷ p50 < 5 at 32 connections', value: spread, reached: spread < 5 }]
          : []),
      ];
    }),
    results: {
      cases,
      ratios: Object.fromEntries(all.map(({ callers, ratios }) => [callers, ratios])),
      node_floor_pools: floorPools,
    },
  };
}

function summary(rounds: readonly Load[]) {
  return {
    requests_per_second: rounded(medianOf(rounds, (one) => one.requests_per_second)),
    p50_ms: rounded(medianOf(rounds, (one) => one.p50_ms)),
    p99_ms: rounded(medianOf(rounds, (one) => one.p99_ms)),
  };
}

function atLeast(goal: string, value: number, least: number): Goal {
  return { goal, value, reached: value >= least };
}
