import { defineBenchmark } from './benchmark.ts';
import { runCampaign, totalOf } from './kills/campaign.ts';
import { providerOf, providerOfLeeway } from './kills/part.ts';
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

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

export const kills = defineBenchmark({
  about: 'kill -9, restarts, cuts of TCP and promotions under callers, and what was lost',
  full: {
    ...{ kills: 1000, restarts: 20, cuts: 20, promotions: 10, connections: 300, callers: 6 },
    ...{ leeway_seconds: [60, 1800], pause_ms: 1000, parts: 5, only: [], minutes: 120, seed: 1 },
  },
  quick: {
    ...{ kills: 10, restarts: 1, cuts: 4, promotions: 1, connections: 30, callers: 4 },
    ...{ leeway_seconds: [60, 1800], pause_ms: 1000, parts: 1, only: [], minutes: 5, seed: 1 },
  },
  run: async ({ leeway_seconds: leewaySeconds, pause_ms: pauseMs, ...size }, stage) => {
    const { parts, code } = await runCampaign(stage, { ...size, leewaySeconds, pauseMs });
    const done = totalOf(parts);
    const wrong = parts.flatMap(({ verdict }) => verdict.wrong);
    for (const what of wrong.slice(0, 50)) console.log(`WRONG: ${what}`);
    const withProcess = parts.flatMap(({ verdict }) => verdict.lostWithProcess);
    const withCut = parts.flatMap(({ verdict }) => verdict.lostWithCut);
    const total = (field: 'refreshes' | 'failedStarts' | 'standing' | 'seconds' | 'killsInRefresh') =>
      sum(parts.map((part) => part[field]));
    const calls = spread(parts.flatMap(({ heard }) => heard.callMs));
    const waits = spread(parts.flatMap(({ heard }) => heard.waitedMs));
    const later: Record<string, number> = {};
    for (const { heard } of parts)
      for (const [answer, count] of Object.entries(heard.later)) later[answer] = (later[answer] ?? 0) + count;
    const broken = sum(parts.map(({ heard }) => heard.broken));
    const needed = [0, ...leewaySeconds].map((seconds) => {
      const of = (names: readonly string[]) => names.filter((name) => providerOf(name) === providerOfLeeway(seconds));
      const provider = seconds === 0 ? 'rotation' : `rotation that forgives for ${seconds} s`;
      return { seconds, provider, process: of(withProcess).length, cut: of(withCut).length };
    });
    const goals = [
      { goal: 'lost, or wrong in any other way: 0', value: wrong.length, reached: wrong.length === 0 },
      ...needed
        .filter(({ seconds }) => seconds > 0)
        .map(({ seconds, process, cut }) => ({
          goal: `grants forgiven for ${seconds} s that needed a person: 0`,
          value: process + cut,
          reached: process + cut === 0,
        })),
      { goal: 'freezes and stops for a person to lift: 0', value: total('standing'), reached: total('standing') === 0 },
      { goal: `kills: ${size.kills}`, value: done.kill, reached: done.kill >= size.kills },
    ];
    return {
      tables: [
        {
          title: 'Done',
          columns: [...Object.keys(done), 'kills within a refresh'],
          rows: [[...Object.values(done), total('killsInRefresh')]],
        },
        {
          title: 'Connections that needed a person, with the reason',
          columns: ['provider', 'answer died with its process', 'answer cut off or too late'],
          rows: needed.map(({ provider, process, cut }) => [provider, process, cut]),
        },
        {
          title: 'How long callers waited',
          columns: ['', 'count', 'p50 ms', 'p99 ms', 'longest ms'],
          rows: [
            ['a call that was answered with a token', ...Object.values(calls)],
            ['from a refused or broken call to the next token', ...Object.values(waits)],
          ],
        },
        {
          title: 'Calls without a token',
          columns: ['answer', 'count'],
          rows: [...Object.entries(later), ['broken', broken]],
        },
      ],
      goals,
      results: {
        code,
        parts: parts.map(({ done, seconds, verdict }) => ({ ...done, seconds, wrong: verdict.wrong.length })),
        done,
        kills_within_a_refresh: total('killsInRefresh'),
        wrong,
        needed_a_person: { with_the_process: withProcess, with_a_cut: withCut },
        shown_again_after_ms: parts.map(({ verdict }) => verdict.shownAgain),
        tokens_given: sum(parts.map(({ verdict }) => verdict.acknowledged)),
        answered_refreshes: total('refreshes'),
        failed_starts: total('failedStarts'),
        calls,
        waits,
        refused: later,
        broken_calls: broken,
        seconds: total('seconds'),
        refreshes_a_second: rounded(total('refreshes') / Math.max(1, total('seconds'))),
      },
    };
  },
});
