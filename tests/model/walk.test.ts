import { expect, test } from 'vitest';
import { fuzzing } from '#tests/fuzzing';
import { walkTheModel } from '#tests/model/walk';

test('hubs, database and authorization server walk through stalls, cuts, late answers, restarts and promotions: every live grant has an owner, and only a stolen one is called stolen', {
  timeout: 300_000,
}, async () => {
  const { seed, numRuns: walks } = fuzzing(8);
  expect(await walkTheModel({ seed, walks, stepsPerWalk: 150 })).toBeGreaterThan(walks);
});
