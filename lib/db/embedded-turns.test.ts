import { PGlite } from '@electric-sql/pglite';
import { expect, test } from 'vitest';
import { giveTurns } from '#lib/db/embedded-turns';

test('F-09 others of the process have their turns while the embedded database works through many statements', async () => {
  const pglite = await PGlite.create();
  giveTurns(pglite);
  let working = true;
  let turns = 0;
  const turn = () => {
    turns += 1;
    if (working) setImmediate(turn);
  };
  setImmediate(turn);
  // Without turns of their own not one would come before the last answer.
  for (let statement = 0; statement < 20; statement++) await pglite.query('select pg_sleep(0.006)');
  working = false;
  expect(turns).toBeGreaterThan(1);
  await pglite.close();
});
