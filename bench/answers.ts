import { tryAnswers } from '#tests/answers/fates';
import { openWorldDatabase } from '#tests/model/records';
import { defineBenchmark } from './benchmark.ts';

/** How many answers share a database before it is made anew: its ledger grows with each. */
const answersPerDatabase = 1_000;

/**
 * Connects and refreshes with odd token answers, on the embedded database, until so many were tried. One that loses a token
 * or changes a number or a text ends it, with the seed and path that lead there again.
 */
export const answers = defineBenchmark({
  about: 'connects and refreshes with odd token answers: every token has an owner',
  full: { answers: 10_000, seed: 1 },
  quick: { answers: 200, seed: 1 },
  async run({ answers: wanted, seed }) {
    const begunAt = process.hrtime.bigint();
    const totals = { connected: 0, refused: 0, refreshed: 0, refreshRefused: 0, tokens: 0 };
    let tried = 0;
    for (let round = 0; tried < wanted; round += 1) {
      const runs = Math.min(answersPerDatabase, wanted - tried);
      const database = await openWorldDatabase();
      try {
        const counts = await tryAnswers(database, { seed: seed + round, runs });
        for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += counts[name];
      } finally {
        await database.close();
      }
      tried += runs;
      console.log(`${tried} answers`);
    }
    const seconds = Math.round(Number(process.hrtime.bigint() - begunAt) / 1e9);
    const row = { answers: tried, ...totals, lost: 0, seconds };
    return {
      tables: [{ title: 'Odd token answers', columns: Object.keys(row), rows: [Object.values(row)] }],
      goals: [{ goal: `${wanted} answers without a lost token`, value: tried, reached: tried >= wanted }],
      results: { tried: row },
    };
  },
});
