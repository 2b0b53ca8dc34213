import { expect, test } from 'vitest';
import { sharedDatabase } from '#tests/database';
import { fuzzing } from '#tests/fuzzing';
import { tryAnswers } from './fates.ts';

const database = sharedDatabase();

test('whatever a token answer holds, a token that was issued is stored or revoked, no number changes, and no text is cut', {
  timeout: 120_000,
}, async () => {
  const { seed, numRuns: runs } = fuzzing(80);
  const counts = await tryAnswers(database.current, { seed, runs });
  // The shapes lead to each of these ends.
  expect(counts.connected).toBeGreaterThan(runs / 4);
  expect(counts.refused).toBeGreaterThan(0);
  expect(counts.refreshed).toBeGreaterThan(0);
});
