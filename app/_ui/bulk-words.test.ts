import { expect, test } from 'vitest';
import type { BulkProgress } from '#lib/bulk-revocation/views';
import { criteriaWords, progressLines } from './bulk-words.ts';

const nothing: BulkProgress = {
  here: { waiting: 0, revoked: 0, revoked_before: 0, failed: 0 },
  upstream: { pending: 0, revoked_upstream: 0, unsupported: 0, failed: 0 },
  proof: { proved: 0, still_accepted: 0, due: 0, not_provable: 0 },
};

test('each thing that the connections have in common is a phrase', () => {
  expect(
    criteriaWords({
      provider: 'google',
      personId: 'per_1',
      scope: 'repo',
      olderThanDays: 1,
      unusedForDays: 90,
      readByKey: 'key_1',
      readWithinDays: 7,
    }),
  ).toEqual([
    'at google',
    'of per_1',
    'with the scope repo',
    'connected more than 1 day ago',
    'not read for 90 days',
    'read by the API key key_1 in the last 7 days',
  ]);
  expect(criteriaWords({ selected: 2000 })).toEqual(['selected by hand (2,000)']);
});

test('ids give way to names that are known', () => {
  const names = { provider: 'Google', person: 'Ada', key: 'billing-sync' };
  expect(criteriaWords({ provider: 'google', personId: 'per_1', readByKey: 'key_1' }, names)).toEqual([
    'at Google',
    'of Ada',
    'read by the API key billing-sync',
  ]);
});

test('nothing done yet is one line; what happened nowhere is left out', () => {
  expect(progressLines(nothing, 2000).map(({ text }) => text)).toEqual(['0 of 2,000 revoked here']);
});

test('every way in which a row can end has its line, and nothing but proof is good', () => {
  const all: BulkProgress = {
    here: { waiting: 1, revoked: 2, revoked_before: 1, failed: 1 },
    upstream: { pending: 1, revoked_upstream: 1, unsupported: 1, failed: 1 },
    proof: { proved: 1, still_accepted: 1, due: 1, not_provable: 1 },
  };
  const lines = progressLines(all, 5);
  expect(lines).toHaveLength(9);
  expect(lines.filter(({ tone }) => tone === 'good').map(({ text }) => text)).toEqual(['1 of 5 proved dead']);
  expect(new Set(lines.map(({ text }) => text)).size).toBe(9);
});
