import { describe, expect, test } from 'vitest';
import type { ProofView, RevocationView } from '#lib/connections/views';
import { honouredSentence, proofShort, proofWords, tokenSentence } from './evidence-words.ts';

type Try = ProofView['tokens'][number];
const tried = (given: Partial<Try>): Try => ({
  token: 'access_token',
  by: 'userinfo',
  before: 'accepted',
  after: 'refused',
  at: '2026-11-22T12:03:22.000Z',
  ...given,
});
const revoked = (state: ProofView['state'], tokens: Try[] = []): RevocationView => ({
  state: 'revoked_upstream',
  attempts: 1,
  nextAttemptAt: null,
  finishedAt: new Date(),
  lastErrorCode: null,
  manualUrl: null,
  proof: { state, provedAt: state === 'proved' ? new Date() : null, tokens, selfContained: false, honouredUntil: null },
});

test.each<[Partial<Try>, RegExp]>([
  [{}, /accepted before and refused afterwards \(by asking/],
  [{ by: 'introspection', token: 'refresh_token' }, /^The refresh token was accepted .* \(by introspection\)/],
  [{ before: 'refused' }, /proves nothing/],
  [{ before: 'unknown' }, /not known/],
  [{ after: 'accepted' }, /still accepted/],
  [{ after: 'expired' }, /had ended by itself/],
  [{ by: null, before: 'unknown', after: 'unknown' }, /No harmless call/],
])('%j is said for what it is', (given, expected) => {
  expect(tokenSentence(tried(given))).toMatch(expected);
});

describe('proved dead', () => {
  test('names which token was, and is said of nothing else', () => {
    expect(proofWords(revoked('proved', [tried({})]), 'Okta')?.title).toBe('Proved dead (access token) at');
    const both = [tried({}), tried({ token: 'refresh_token' })];
    expect(proofWords(revoked('proved', both), 'Okta')?.title).toBe('Proved dead (access token and refresh token) at');
    const one = [tried({ before: 'unknown' }), tried({ token: 'refresh_token' })];
    expect(proofWords(revoked('proved', one), 'Okta')?.title).toBe('Proved dead (refresh token) at');
    for (const state of ['none', 'due', 'still_accepted', 'not_provable'] as const) {
      const words = proofWords(revoked(state, both), 'Okta');
      expect(words?.title).not.toContain('Proved');
      expect(words?.tone).not.toBe('good');
      expect(words?.moment).toBe(false);
    }
  });

  test('is not spoken of before the provider was told', () => {
    for (const state of ['pending', 'unsupported', 'failed'] as const) {
      expect(proofWords({ ...revoked('none'), state }, 'Okta')).toBeNull();
    }
  });
});

test('until when a token may be honoured is said while that lies ahead', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  const at = (honouredUntil: Date | null, selfContained = false) =>
    honouredSentence({ ...revoked('proved').proof, honouredUntil, selfContained }, now);
  expect(at(null)).toBeNull();
  expect(at(new Date('2026-11-22T11:59:00Z'))).toBeNull();
  expect(at(new Date('2026-11-22T13:00:00Z'))).toMatch(/does not ask the provider/);
  expect(at(new Date('2026-11-22T13:00:00Z'), true)).toMatch(/self-contained/);
});

test('each state has a short word of its own', () => {
  const states = [
    ...(['none', 'proved', 'still_accepted', 'not_provable'] as const).map((state) => revoked(state)),
    ...(['pending', 'unsupported', 'failed'] as const).map((state) => ({ ...revoked('none'), state })),
    { ...revoked('none'), state: 'pending' as const, lastErrorCode: 'provider_unavailable' },
  ];
  expect(new Set(states.map(proofShort)).size).toBe(states.length);
});
