import { expect, test } from 'vitest';
import { needsPerson } from '#lib/connections/needs-person';
import type { RevocationView } from '#lib/connections/views';
import { explainRevocation, explainStatus, statusWords } from './status-words.ts';

const scope = { name: 'repo', description: null };
const connection = {
  status: 'connected' as const,
  beneath: null,
  statusReason: null,
  providerError: null,
  choices: [],
  missing: [],
  looksAgainAt: null,
  lastRefreshError: null,
  named: null,
  missingScopes: [],
  revocation: null,
  provider: { name: 'GitHub' },
};
const revocation: RevocationView = {
  state: 'pending',
  attempts: 0,
  nextAttemptAt: null,
  finishedAt: null,
  lastErrorCode: null,
  manualUrl: null,
  proof: { state: 'none', provedAt: null, tokens: [], selfContained: false, honouredUntil: null },
};

test('every state has the word that the field uses', () => {
  expect(Object.values(statusWords).map(({ word }) => word)).toEqual([
    'Connected',
    'Refresh due',
    'Needs reconnect',
    'Frozen',
    'Revoked',
  ]);
});

test('a connection that works needs no explanation and nobody', () => {
  expect(explainStatus(connection)).toBeNull();
  expect(needsPerson(connection)).toBe(false);
});

test('a failed refresh is told while the hub still tries, and asks nothing of the person', () => {
  const doubtful = { ...connection, status: 'refresh_due' as const, lastRefreshError: 'invalid_grant' };
  expect(explainStatus(doubtful)).toBe(
    'GitHub did not renew this connection at the last attempt. The hub tries again.',
  );
  expect(explainStatus({ ...doubtful, lastRefreshError: 'refresh_refused' })).toBe(
    'GitHub refused to renew this connection and does not say why. The hub tries again. Reconnect if it stays so.',
  );
  expect(needsPerson(doubtful)).toBe(false);
});

test.each([
  'invalid_grant',
  'ended_at_provider',
  'possible_theft',
  'bad_refresh_token',
  'answer_lost',
  'no_refresh_token',
  'suspected_theft',
  'token_rejected',
  null,
  'something_new',
  'constructor',
])('a dead grant (%s) says what to do now, without the code', (statusReason) => {
  const text = explainStatus({ ...connection, status: 'needs_reconnect', statusReason });
  expect(text).toMatch(/GitHub.* Reconnect to continue\.$/);
  if (statusReason) expect(text).not.toContain(statusReason);
});

test('P-14 a dead grant names the provider’s own code', () => {
  const dead = { ...connection, status: 'needs_reconnect' as const, statusReason: 'ended_at_provider' };
  expect(explainStatus({ ...dead, providerError: 'bad_refresh_token' })).toMatch(
    /Reconnect to continue\. The code of GitHub is bad_refresh_token\.$/,
  );
});

test('P-20 a choice and a name wait for the person', () => {
  const choice = { name: 'organisation', chosen: null, entries: [] };
  const open = { ...connection, choices: [choice] };
  expect(explainStatus(open)).toMatch(/^Choose an organisation to finish\./);
  expect(needsPerson(open)).toBe(true);
  expect(needsPerson({ ...open, choices: [{ ...choice, chosen: { key: 'k', label: 'One' } }] })).toBe(false);
  expect(needsPerson({ ...connection, named: false })).toBe(true);
});

test('P-19 what the provider did not answer is said, and whether it is asked again', () => {
  const lacking = { ...connection, missing: ['extras.site_id'] };
  expect(explainStatus({ ...lacking, looksAgainAt: new Date() })).toMatch(/The hub asks again\.$/);
  expect(explainStatus(lacking)).toMatch(/Reconnect to ask again\.$/);
  expect(needsPerson(lacking)).toBe(false);
});

test('missing permissions wait for the person, unless the connection is revoked', () => {
  const incomplete = { ...connection, missingScopes: [scope] };
  expect(explainStatus(incomplete)).toBe('GitHub did not grant one of the permissions asked for.');
  expect(needsPerson(incomplete)).toBe(true);
  expect(needsPerson({ ...incomplete, status: 'revoked' })).toBe(false);
});

test.each(['pending', 'revoked_upstream', 'unsupported', 'failed'] as const)(
  'a revocation that is %s begins with what holds here already',
  (state) => {
    expect(explainRevocation({ ...revocation, state }, 'GitHub')).toMatch(/^Disconnected here/);
  },
);

test('a provider that was asked in vain is named as such', () => {
  expect(explainRevocation({ ...revocation, attempts: 2 }, 'GitHub')).toContain('GitHub has not confirmed yet');
});

test.each([
  ['proved', /tried afterwards: GitHub refuses it\.$/],
  ['still_accepted', /still accepts/],
  ['due', /still accepts/],
  ['not_provable', /^Disconnected here and at GitHub\.$/],
  ['none', /^Disconnected here and at GitHub\.$/],
] as const)('what the provider confirmed is said with the proof that there is: %s', (state, expected) => {
  const proof = { ...revocation.proof, state };
  expect(explainRevocation({ ...revocation, state: 'revoked_upstream', proof }, 'GitHub')).toMatch(expected);
});

test('S-07 a frozen connection says that it is paused, and what it needs afterwards', () => {
  const frozen = { ...connection, status: 'frozen' as const };
  expect(explainStatus({ ...frozen, beneath: 'connected' })).toMatch(/^An administrator has paused .* meanwhile\.$/);
  expect(explainStatus({ ...frozen, beneath: 'needs_reconnect' })).toMatch(/Afterwards you need to reconnect it\.$/);
});
