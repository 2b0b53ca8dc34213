/** One number for all: the runs of one night differ from those of another only where somebody asks for it. */
const usualSeed = 20_261_122;

function numberFrom(name: 'FUZZ_SEED' | 'FUZZ_RUNS'): number | undefined {
  const text = process.env[name];
  if (!text) return undefined;
  if (!/^-?\d{1,15}$/.test(text)) throw new Error(`${name} must be a whole number.`);
  return Number(text);
}

/**
 * How fast-check runs a property: always the same values, so that every run of the suite tests the same. FUZZ_SEED asks
 * for others and FUZZ_RUNS for another number of them; a failure prints its seed and the smallest value that fails.
 */
export function fuzzing(runs: number): { seed: number; numRuns: number; endOnFailure: boolean } {
  return {
    seed: numberFrom('FUZZ_SEED') ?? usualSeed,
    numRuns: numberFrom('FUZZ_RUNS') ?? runs,
    endOnFailure: false,
  };
}
