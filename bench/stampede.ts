import { addApiKey, addConnection, addPerson } from '#tests/hub';
import { defineBenchmark } from './benchmark.ts';
import { type CallersAnswer, startCallers } from './callers.ts';
import { needBuild, startHub } from './processes.ts';
import { startProvider, writeGrant } from './provider.ts';
import { medianOf, rounded } from './statistics.ts';
import { vendRequest } from './wrk.ts';

const providerMs = 200;

export const stampede = defineBenchmark({
  about: 'callers of several processes, all at once, on one connection that has expired',
  full: { callers: 1000, processes: 3, rounds: 5 },
  quick: { callers: 60, processes: 2, rounds: 1 },
  run: async ({ callers, processes, rounds }, stage) => {
    await needBuild();
    const provider = await startProvider(stage, { latencyMs: providerMs });
    const { runtime, ...database } = await stage.createDatabase('hub', [provider.record]);
    const origins: string[] = [];
    for (let n = 0; n < processes; n++) origins.push((await startHub(stage, { runtime, ...database })).url);
    const { id: personId } = await addPerson(runtime);
    const { key } = await addApiKey(runtime);
    const call = await startCallers(stage);
    let grant = 0;
    const rush = async (expiresIn: number) => {
      const refreshToken = writeGrant('refresh', { grant: grant++, generation: 0 });
      const id = await addConnection(runtime, { personId, refreshToken, expiresIn, age: 3600 });
      const { path, headers } = vendRequest(id, key);
      const before = (await provider.counts()).requests;
      const answer = await call({ origins, paths: [path], headers, callers });
      return { ...answer, refreshes: (await provider.counts()).requests - before };
    };
    // The first calls open the callers' connections and warm the servers.
    for (let n = 0; n < 3; n++) await rush(3600);

    const fresh: CallersAnswer[] = [];
    const expired: (CallersAnswer & { refreshes: number })[] = [];
    for (let round = 0; round < rounds; round++) {
      fresh.push(await rush(3600));
      expired.push(await rush(-10));
    }

    const freshMs = rounded(medianOf(fresh, ({ lastMs }) => lastMs));
    const expiredMs = rounded(medianOf(expired, ({ lastMs }) => lastMs));
    const allowedMs = rounded(providerMs + 1.5 * freshMs);
    const mostRefreshes = Math.max(...expired.map(({ refreshes }) => refreshes));
    const fewestGood = Math.min(...expired.map(({ answers }) => answers['200'] ?? 0));
    const mostTokens = Math.max(...expired.map(({ tokens }) => tokens.length));
    const columns = ['token', 'last answer ms (median)', 'good answers (fewest)', 'refreshes (most)'];
    const fewestFresh = Math.min(...fresh.map(({ answers }) => answers['200'] ?? 0));
    return {
      tables: [
        {
          title: `${callers} callers at once over ${processes} processes, provider at ${providerMs} ms`,
          columns,
          rows: [
            ['fresh', freshMs, fewestFresh, 0],
            ['expired', expiredMs, fewestGood, mostRefreshes],
          ],
        },
      ],
      goals: [
        { goal: 'one refresh in every round', value: mostRefreshes, reached: mostRefreshes === 1 },
        { goal: 'every caller gets the token', value: fewestGood, reached: fewestGood === callers },
        { goal: 'all get the same token', value: mostTokens, reached: mostTokens === 1 },
        { goal: `last answer within ${allowedMs} ms`, value: expiredMs, reached: expiredMs <= allowedMs },
      ],
      results: {
        fresh: fresh.map(({ lastMs, answers }) => ({ last_ms: rounded(lastMs), answers })),
        expired: expired.map(({ lastMs, answers, refreshes }) => ({ last_ms: rounded(lastMs), answers, refreshes })),
        fresh_last_ms: freshMs,
        expired_last_ms: expiredMs,
        allowed_ms: allowedMs,
      },
    };
  },
});
