import { walkTheModel } from '#tests/model/walk';
import { defineBenchmark } from './benchmark.ts';

/** How many walks share a database before it is made anew: its ledger grows with each. */
const walksPerDatabase = 5;

/**
 * Walks the model of `tests/model` until so many steps were made or the time is over: the real code of refreshes,
 * reconnects and revocations over the embedded database, on a virtual clock. A step that breaks an invariant ends it, with
 * the seed and path that lead there again. Long walks are cheaper by the step: each ends with everything coming to rest.
 */
export const invariant = defineBenchmark({
  about: 'walks hubs, database and server through stalls, cuts and promotions',
  full: { steps: 100_000, steps_per_walk: 2000, minutes: 180, seed: 1 },
  quick: { steps: 1_000, steps_per_walk: 250, minutes: 10, seed: 1 },
  async run({ steps, steps_per_walk: stepsPerWalk, minutes, seed }) {
    const begunAt = process.hrtime.bigint();
    const seconds = () => Number(process.hrtime.bigint() - begunAt) / 1e9;
    let made = 0;
    let rounds = 0;
    while (made < steps && seconds() < minutes * 60) {
      made += await walkTheModel({ seed: seed + rounds, walks: walksPerDatabase, stepsPerWalk });
      rounds += 1;
      console.log(`${made} steps`);
    }
    const walks = rounds * walksPerDatabase;
    const walked = { walks, steps: made, broken: 0, seconds: Math.round(seconds()) };
    const columns = Object.keys(walked);
    return {
      tables: [{ title: 'Walks over the model', columns, rows: [Object.values(walked)] }],
      goals: [{ goal: `${steps} steps without a broken invariant`, value: made, reached: made >= steps }],
      results: { walked },
    };
  },
});
