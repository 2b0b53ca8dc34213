import { beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '#demo/odd/oddity';
import { startOdd } from '#demo/odd/server';
import { odditiesNamed } from '#demo/odd/table';
import { sharedDatabase } from '#tests/database';
import { documentedExamples, layoutOf, recordAt } from '#tests/odd/example';
import { appUrls, goodOutcome, type Travellers, travel, travellersOf } from '#tests/odd/journey';
import { documentedServers } from '#tests/presets/answers';

const database = sharedDatabase();
const examples = documentedExamples();
let travellers: Travellers;
beforeAll(async () => {
  travellers = await travellersOf(database.current);
});

/** Without a call that ends a grant, its tokens live on, and the connection says so: two access tokens and a refresh token. */
const livesOn: Partial<Outcome> = { revocation: 'unsupported, none', alive: 3 };

/** What comes out otherwise than of a server that keeps to the standards. */
const outcomes: Record<string, Partial<Outcome>> = {
  ...{ shops: livesOn, ads: livesOn, market: livesOn, suite: livesOn, mail: livesOn },
  boards: { ...livesOn, subject: expect.stringMatching(/^[\w-]{32}$/) },
  // A short-lived token, a lasting one, and the one that this was renewed into.
  photos: { ...livesOn, life: 5_184_000 },
};

test('the page has examples, each once', () => {
  expect(examples.length).toBeGreaterThan(8);
  expect(new Set(examples.map(({ id }) => id)).size).toBe(examples.length);
});

test.each(examples)('the example $id names the rows of Odd that it is for', ({ rows, preset }) => {
  if (preset === null) expect(rows).not.toBeNull();
  else expect(Object.keys(documentedServers)).toContain(preset);
});

describe('the examples of docs/providers.md go all the way', () => {
  test.each(examples.filter(({ rows }) => rows !== null))('$id', async ({ id, record, rows }) => {
    const on = odditiesNamed(rows ?? []);
    const odd = await startOdd({ appUrls, id, on, layout: (origin) => layoutOf(record, origin) });
    try {
      const parts = (record.account_params ?? []) as { name: string; example: string }[];
      const fields = Object.fromEntries(parts.map(({ name, example }) => [`account_params.${name}`, example]));
      const here = recordAt(record, { origin: odd.origin, id: odd.clientId, secret: odd.clientSecret });
      expect(await travel({ ...travellers, odd, record: here, fields })).toEqual({ ...goodOutcome, ...outcomes[id] });
    } finally {
      await odd.close();
    }
  });
});
