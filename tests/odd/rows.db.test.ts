import { beforeAll, describe, expect, test } from 'vitest';
import type { Oddity } from '#demo/odd/oddity';
import { oddRecord } from '#demo/odd/record';
import { startOdd } from '#demo/odd/server';
import { oddities } from '#demo/odd/table';
import { sharedDatabase } from '#tests/database';
import { appUrls, goodOutcome, noConnection, signedInBrowser, travel } from '#tests/odd/journey';
import type { Visitor } from '#tests/visitor';

const database = sharedDatabase();
let browser: Visitor;
beforeAll(async () => {
  browser = await signedInBrowser(database.current);
});

/** Goes all the way at a server with these oddities, and expects what the rows say. */
async function expectOutcome(on: readonly Oddity[]): Promise<void> {
  const odd = await startOdd({ appUrls, on });
  try {
    const declines = on.some((oddity) => oddity.declines);
    const journey = { database: database.current, browser, odd, record: oddRecord(odd, on), declines };
    const outcome = Object.assign({}, ...on.map((oddity) => oddity.outcome ?? {}));
    const nothing = (outcome.flow ?? goodOutcome.flow) === goodOutcome.flow ? {} : noConnection;
    expect(await travel(journey)).toEqual({ ...goodOutcome, ...nothing, ...outcome });
  } finally {
    await odd.close();
  }
}

test('a server that keeps to the standards needs issuer, client_id and client_secret', () => expectOutcome([]));

describe.each(oddities)('$cases $name', (oddity) => {
  test(oddity.does, () => expectOutcome([oddity]));
});
