import { beforeAll, describe, expect, test } from 'vitest';
import type { Oddity, Outcome } from '#demo/odd/oddity';
import { oddRecord } from '#demo/odd/record';
import { startOdd } from '#demo/odd/server';
import { goTogether, oddities } from '#demo/odd/table';
import { sharedDatabase } from '#tests/database';
import { appUrls, goodOutcome, noConnection, type Travellers, travel, travellersOf } from '#tests/odd/journey';
import { randomFrom } from '#tests/random';

const database = sharedDatabase();
let travellers: Travellers;
beforeAll(async () => {
  travellers = await travellersOf(database.current);
});

/** Goes all the way at a server with these oddities, and expects what the rows say. */
async function expectOutcome(on: readonly Oddity[]): Promise<void> {
  const odd = await startOdd({ appUrls, on });
  try {
    const declines = on.some((oddity) => oddity.declines);
    const typed = on.flatMap(({ typed = {} }) => Object.entries(typed));
    const fields = Object.fromEntries(typed.map(([name, value]) => [`account_params.${name}`, value]));
    const again = on.find((oddity) => oddity.again)?.again;
    const journey = { ...travellers, odd, record: oddRecord(odd, on), declines, fields, again };
    const outcome: Partial<Outcome> = Object.assign({}, ...on.map((oddity) => oddity.outcome ?? {}));
    if (outcome.fields) outcome.fields = on.flatMap(({ outcome: one }) => one?.fields ?? []).sort();
    const { subject } = outcome;
    if (subject instanceof RegExp) Object.assign(outcome, { subject: expect.stringMatching(subject) });
    const nothing = ['connected', 'scopes_missing'].includes(outcome.flow ?? goodOutcome.flow) ? {} : noConnection;
    expect(await travel(journey)).toEqual({ ...goodOutcome, ...nothing, ...outcome });
  } finally {
    await odd.close();
  }
}

test('a server that keeps to the standards needs issuer, client_id and client_secret', () => expectOutcome([]));

describe.each(oddities)('$cases $name', (oddity) => {
  test(oddity.does, () => expectOutcome([oddity]));
});

/** Oddities that leave the outcome as it is, or change what no other one changes. */
const stackable = oddities.filter(
  ({ declines, outcome }) => !declines && (outcome?.flow ?? 'connected') === 'connected',
);

/** As many rows as go together, taken in an order that the seed decides. */
function stack(seed: number): Oddity[] {
  const random = randomFrom(seed);
  const order = stackable.map((oddity) => ({ oddity, at: random() })).toSorted((one, other) => one.at - other.at);
  const taken: Oddity[] = [];
  for (const { oddity } of order) if (taken.every((one) => goTogether(one, oddity))) taken.push(oddity);
  // The inner of an answer is edited before it is put elsewhere, as the table has it.
  return stackable.filter((oddity) => taken.includes(oddity));
}

describe('several at once', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('as many as go together, stack %i', async (seed) => {
    const taken = stack(seed);
    expect(taken.length).toBeGreaterThan(8);
    await expectOutcome(taken);
  });
});
