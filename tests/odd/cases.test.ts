import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documentedRows } from '#demo/odd/rows/documented';
import { oddities } from '#demo/odd/table';

/** What servers do, each with the tests that are named after it. `odd`: the server Odd has rows of it, too. */
const cases: readonly [name: string, does: string, odd: 'odd' | 'no row', ...files: string[]][] = [
  ['P-01', 'HTTP Basic is not decoded', 'odd', 'lib/oauth/client-encoding.test.ts'],
  ['P-02', 'the audience of a client assertion', 'odd', 'lib/oauth/parts-in-parameters.test.ts'],
  ['P-03', 'metadata redirects, is faulty or out of reach', 'odd', 'lib/oauth/odd-metadata.test.ts'],
  ['P-04', 'one permission has two names', 'odd', 'lib/oauth/scopes.test.ts', 'lib/oauth/reported-tokens.test.ts'],
  ['P-05', 'scopes that are never echoed', 'odd', 'lib/oauth/scopes.test.ts'],
  ['P-06', 'scopes stand elsewhere, or nowhere', 'odd', 'lib/oauth/odd-answers.test.ts', 'lib/oauth/scopes.test.ts'],
  ['P-07', 'an identity deep in the token answer', 'odd', 'lib/oauth/parts-in-parameters.test.ts'],
  ['P-08', 'numbers that JavaScript rounds', 'odd', 'lib/oauth/odd-answers.test.ts'],
  ['P-09', 'other words for bearer', 'odd', 'lib/oauth/odd-answers.test.ts'],
  ['P-10', 'bodies under a wrong type', 'odd', 'lib/oauth/odd-answers.test.ts'],
  ['P-11', 'a refresh says no life', 'odd', 'lib/provider-calls/provider-says.db.test.ts'],
  ['P-12', 'lives under other names and as moments', 'odd', 'lib/oauth/odd-answers.test.ts'],
  ['P-13', 'tokens in one of several places', 'odd', 'lib/oauth/odd-answers.test.ts'],
  ['P-14', 'what the provider said', 'odd', 'lib/oauth/provider-said.test.ts', 'lib/api/document.test.ts'],
  ['P-15', 'other words for declining', 'odd', 'lib/oauth/odd-answers.test.ts', 'lib/oauth/reported-refusals.test.ts'],
  ['P-16', 'a dead grant without error', 'odd', 'lib/oauth/odd-answers.test.ts'],
  ['P-17', 'whose trouble a refusal is', 'odd', 'lib/provider-calls/provider-says.db.test.ts'],
  ['P-18', 'a revocation refused with 200', 'odd', 'lib/oauth/odd-answers.test.ts'],
  ['P-19', 'userinfo fails beside a valid ID token', 'odd', 'lib/oauth/odd-identities.test.ts'],
  [
    'P-20',
    'look-ups that fail, and lists',
    'odd',
    'lib/connections/choosing.db.test.ts',
    'lib/oauth/odd-identities.test.ts',
  ],
  ['P-21', 'a second company of one person', 'odd', 'lib/oauth/odd-identities.test.ts'],
  [
    'P-22',
    'other ways to ask who it is',
    'odd',
    'lib/oauth/odd-identities.test.ts',
    'lib/connections/choosing.db.test.ts',
  ],
  ['P-23', 'no nonce, or no ID token', 'odd', 'lib/oauth/odd-id-tokens.test.ts', 'lib/providers/relaxations.test.ts'],
  [
    'P-24',
    'one server of many tenants',
    'odd',
    'lib/authorization/tenants.db.test.ts',
    'lib/oauth/odd-id-tokens.test.ts',
  ],
  ['P-25', 'texts that make cookies long', 'odd', 'lib/authorization/flows.db.test.ts', 'lib/web/return-to.test.ts'],
  ['P-26', 'which account is meant', 'odd', 'lib/oauth/account-choice.test.ts'],
  ['P-27', 'account parts in parameters', 'odd', 'lib/oauth/parts-in-parameters.test.ts'],
  ['P-28', 'what people type and paste', 'odd', 'lib/config/account-part.test.ts'],
  [
    'P-29',
    'other names for everything',
    'odd',
    'lib/oauth/odd-requests.test.ts',
    'lib/config/provider-request.test.ts',
  ],
  ['P-30', 'HEAD on the callback', 'no row', 'e2e/flows.spec.ts'],
  ['P-31', 'an answer that comes twice', 'no row', 'lib/authorization/flows.db.test.ts', 'e2e/flows.spec.ts'],
  ['P-32', 'an answer without state', 'odd', 'lib/authorization/flows.db.test.ts', 'e2e/flows.spec.ts'],
];

const source = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

test('the cases are complete', () => {
  expect(cases.map(([name]) => name)).toEqual(
    Array.from({ length: 32 }, (_, at) => `P-${String(at + 1).padStart(2, '0')}`),
  );
});

test.each(cases)('%s, %s, has its tests', (name, _, odd, ...files) => {
  const rows = [...oddities, ...documentedRows].filter(({ cases: of }) => of.includes(name));
  expect(rows.length > 0).toBe(odd === 'odd');
  expect(files.length).toBeGreaterThan(0);
  // In the title of a test or of a group, not in a comment.
  const title = new RegExp(`\\(\\s*['"\`][^'"\`\\n]*\\b${name}\\b`);
  expect(files.filter((file) => !title.test(source(file)))).toEqual([]);
});
