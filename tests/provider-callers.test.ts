import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSource } from '#tests/source-facts';

/** Functions that send a request to a provider; the names are theirs alone. */
const calls = new Set([
  ...['exchangeCode', 'refreshGrant', 'revokeGrant', 'introspectToken', 'fetchIdentity', 'runLookups', 'lookUp'],
  ...['resolveEndpoints', 'endpointsOf', 'askIdentity', 'callProvider', 'getWithinOrigin', 'consentUnattended'],
]);

/** They are steps of a call, and their callers have the rows. */
const steps = [
  'lib/provider-calls/ask-identity.ts',
  'lib/provider-calls/endpoints-of.ts',
  'lib/reviews/consent-unattended.ts',
];

/** All of their calls are a check's, so each has one row. */
const checks = ['lib/provider-check/', 'lib/checks/'];

const page = readFileSync('docs/architecture.md', 'utf8');
const rows = /## Who calls a provider([\s\S]*?)\n## /.exec(page)?.[1] ?? '';
const listed = [...rows.matchAll(/^\| `(lib\/[\w/-]+(?:\.ts|\/))` \| .+ \| (.+) \|$/gm)].map(
  ([, file, protections]) => ({
    file: String(file),
    protections: String(protections),
  }),
);

const sources = globSync('{app,lib}/**/*.{ts,tsx}', { exclude: ['**/*.test.ts', 'lib/oauth/**'] })
  .map((file) => readSource(file))
  .filter(({ file }) => !steps.includes(file));

test('the architecture names every file that calls a provider, and no other', () => {
  const callers = sources
    .filter(({ names }) => [...names].some((name) => calls.has(name)))
    .map(({ file }) => checks.find((folder) => file.startsWith(folder)) ?? file);
  expect([...new Set(callers)].toSorted()).toEqual(listed.map(({ file }) => file).toSorted());
});

test('files with slot and circuit are those that call under protections, or that a caller hands `ask`', () => {
  const owner = 'lib/provider-calls/call-protected.ts';
  const under = sources.filter(({ imports }) =>
    imports.some(({ target }) => `${target}.ts` === owner || target === owner),
  );
  const claimed = listed
    .filter(({ protections }) => protections.startsWith('Slot and circuit'))
    .map(({ file }) => file);
  const without = listed
    .filter(({ protections }) => !protections.startsWith('Slot and circuit'))
    .map(({ file }) => file);
  const users = under.map(({ file }) => file);
  expect(claimed.filter((file) => !users.includes(file))).toEqual([]);
  expect(without.filter((file) => users.includes(file))).toEqual([]);
});
