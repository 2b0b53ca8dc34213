import { walkTheModel } from '#tests/model/walk';
import { defineBenchmark } from './benchmark.ts';

/** How many walks share a database before it is made anew: its ledger grows with each. */
const walksPerDatabase = 50;

/**
 * Walks the model of `tests/model` until so many steps were made: the real code of the refresh path over the embedded
 * database, on a virtual clock. A step that breaks an invariant ends it, with the seed and path that lead there again.
 */
export const invariant = defineBenchmark({
  about: 'walks hubs, database and server through stalls, cuts and promotions',
  full: { steps: 100_000, stepsPerWalk: 250, seed: 1 },
  quick: { steps: 2_000, stepsPerWalk: 150, seed: 1 },
  async run({ steps, stepsPerWalk, seed }) {
    const begunAt = process.hrtime.bigint();
    let made = 0;
    let rounds = 0;
    while (made < steps) {
      made += await walkTheModel({ seed: seed + rounds, walks: walksPerDatabase, stepsPerWalk });
      rounds += 1;
      console.log(`${made} steps`);
    }
    const seconds = Number(process.hrtime.bigint() - begunAt) / 1e9;
    const walked = { walks: rounds * walksPerDatabase, steps: made, broken: 0, seconds: Math.round(seconds) };
    const columns = Object.keys(walked);
    return {
      tables: [{ title: 'Walks over the model', columns, rows: [Object.values(walked)] }],
      goals: [{ goal: `${steps} steps without a broken invariant`, value: made, reached: made >= steps }],
      results: { walked },
    };
  },
});
