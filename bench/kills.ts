import { defineBenchmark } from './benchmark.ts';
import { runCampaign } from './kills/campaign.ts';
import { rounded } from './statistics.ts';

/** The value that such a share of them does not exceed; 0 of none. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const spread = (ms: readonly number[]) => ({
  count: ms.length,
  p50_ms: percentile(ms, 0.5),
  p99_ms: percentile(ms, 0.99),
  longest_ms: percentile(ms, 1),
});

export const kills = defineBenchmark({
  about: 'kill -9, restarts, cuts of TCP and promotions under callers, and what was lost',
  full: {
    ...{ kills: 1000, restarts: 20, cuts: 20, promotions: 10, connections: 300, callers: 6 },
    ...{ leeway_seconds: 60, minutes: 120, seed: 1 },
  },
  quick: {
    ...{ kills: 10, restarts: 1, cuts: 4, promotions: 1, connections: 30, callers: 4 },
    ...{ leeway_seconds: 60, minutes: 5, seed: 1 },
  },
  run: async ({ leeway_seconds: leewaySeconds, ...size }, stage) => {
    const { done, heard, verdict, ...campaign } = await runCampaign(stage, { ...size, leewaySeconds });
    for (const what of verdict.wrong.slice(0, 50)) console.log(`WRONG: ${what}`);
    const lost = [...verdict.lostWithProcess, ...verdict.lostWithCut];
    const ofKind = (kind: string, names: readonly string[]) => names.filter((name) => name.startsWith(kind)).length;
    const calls = spread(heard.callMs);
    const waits = spread(heard.waitedMs);
    const columns = ['provider', 'answer died with its process', 'answer cut off or too late'];
    const needed = ['strict', 'forgiving'].map((kind) => [
      kind === 'strict' ? 'rotation' : `rotation that forgives for ${leewaySeconds} s`,
      ofKind(kind, verdict.lostWithProcess),
      ofKind(kind, verdict.lostWithCut),
    ]);
    const later = Object.entries(heard.later);
    return {
      tables: [
        { title: 'Done', columns: Object.keys(done), rows: [Object.values(done)] },
        { title: 'Connections whose person was needed, each of which says why', columns, rows: needed },
        {
          title: 'How long callers waited',
          columns: ['', 'count', 'p50 ms', 'p99 ms', 'longest ms'],
          rows: [
            ['a call that was answered with a token', ...Object.values(calls)],
            ['from a refused or broken call to the next token', ...Object.values(waits)],
          ],
        },
        { title: 'Calls without a token', columns: ['answer', 'count'], rows: [...later, ['broken', heard.broken]] },
      ],
      goals: [
        {
          goal: 'lost, or wrong in any other way: 0',
          value: verdict.wrong.length,
          reached: verdict.wrong.length === 0,
        },
        {
          goal: 'forgiven grants whose person was needed: 0',
          value: ofKind('forgiving', lost),
          reached: ofKind('forgiving', lost) === 0,
        },
        {
          goal: 'brakes and stops for a person to lift: 0',
          value: campaign.standing,
          reached: campaign.standing === 0,
        },
        { goal: `kills: ${size.kills}`, value: done.kill, reached: done.kill >= size.kills },
      ],
      results: {
        done,
        wrong: verdict.wrong,
        needed_a_person: { with_the_process: verdict.lostWithProcess, with_a_cut: verdict.lostWithCut },
        tokens_given: verdict.acknowledged,
        answered_refreshes: campaign.refreshes,
        failed_starts: campaign.failedStarts,
        calls,
        waits,
        refused: heard.later,
        broken_calls: heard.broken,
        seconds: campaign.seconds,
        refreshes_a_second: rounded(campaign.refreshes / campaign.seconds),
      },
    };
  },
});
