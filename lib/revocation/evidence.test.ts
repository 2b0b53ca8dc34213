import { describe, expect, test } from 'vitest';
import { fingerprintOf } from '#lib/connections/fingerprint';
import {
  firstEvidence,
  isAbout,
  isSelfContained,
  mayBeHonoured,
  verdictOf,
  withAnswers,
} from '#lib/revocation/evidence';
import type { TriedToken } from '#lib/revocation/try-tokens';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test.each<[string, string, boolean]>([
  ['a JWS', `${part({ alg: 'RS256' })}.${part({ sub: 'ada' })}.c2ln`, true],
  ['a JWE', `${part({ alg: 'dir', enc: 'A256GCM' })}..aXY.Y2lwaGVy.dGFn`, true],
  ['three parts that are no JSON', 'a.b.c', false],
  ['a header without an algorithm', `${part({ typ: 'JWT' })}.b.c`, false],
  ['a header that is a list', `${part(['alg'])}.b.c`, false],
  ['a header that is nothing', `${part(null)}.b.c`, false],
  ['GitHub’s', 'gho_16C7e42F292c6912E7710c838347Ae178B4a', false],
  ['Google’s', 'ya29.a0AfH6SMBx', false],
  ['Salesforce’s', '00D000000000Demo!AQEAQ.x.y', false],
  ['nothing', '', false],
])('%s: self-contained or not', (_, token, expected) => {
  expect(isSelfContained(token)).toBe(expected);
});

const tried = (answer: TriedToken['answer'], token: TriedToken['token'] = 'access_token'): TriedToken => ({
  token,
  fingerprint: fingerprintOf(`the ${token}`),
  by: answer === 'unknown' ? null : 'userinfo',
  answer,
});
const at = '2026-11-22T12:03:22.000Z';
const seen = (
  before: TriedToken['answer'],
  after: TriedToken['answer'],
  { selfContained = false, accessTokenExpired = false } = {},
) => withAnswers(firstEvidence([tried(before)], selfContained), [tried(after)], { at, accessTokenExpired });

describe('the verdict', () => {
  test.each([
    ['accepted', 'refused', 'proved'],
    ['accepted', 'accepted', 'still_accepted'],
    ['accepted', 'unknown', 'not_provable'],
    ['refused', 'refused', 'not_provable'],
    ['refused', 'accepted', 'still_accepted'],
    ['unknown', 'refused', 'not_provable'],
    ['unknown', 'accepted', 'still_accepted'],
    ['unknown', 'unknown', 'not_provable'],
  ] as const)('%s before and %s afterwards: %s', (before, after, verdict) => {
    expect(verdictOf(seen(before, after))).toBe(verdict);
  });

  test('one token that lives outweighs one that is dead', () => {
    const before = firstEvidence([tried('accepted'), tried('accepted', 'refresh_token')], false);
    const found = { at, accessTokenExpired: false };
    const mixed = withAnswers(before, [tried('accepted'), tried('refused', 'refresh_token')], found);
    expect(verdictOf(mixed)).toBe('still_accepted');
    expect(verdictOf(withAnswers(mixed, [tried('refused'), tried('refused', 'refresh_token')], found))).toBe('proved');
  });

  test('of a token that ended by itself is none, even where it had been accepted', () => {
    expect(verdictOf(seen('accepted', 'refused', { accessTokenExpired: true }))).toBe('not_provable');
  });

  test('is not moved by a call that failed', () => {
    const found = { at, accessTokenExpired: false };
    expect(verdictOf(withAnswers(seen('accepted', 'accepted'), [tried('unknown')], found))).toBe('still_accepted');
    expect(verdictOf(withAnswers(seen('accepted', 'refused'), [tried('unknown')], found))).toBe('proved');
  });
});

test('evidence is about the tokens that it names, and about any where it names none', () => {
  const found = firstEvidence([tried('accepted'), tried('unknown', 'refresh_token')], false);
  const tokens = { accessToken: 'the access_token', refreshToken: 'the refresh_token' };
  expect(isAbout(found, tokens)).toBe(true);
  expect(isAbout(found, { ...tokens, accessToken: 'another' })).toBe(false);
  expect(isAbout(found, { ...tokens, refreshToken: null })).toBe(false);
  const unnamed = { ...found, tokens: found.tokens.map(({ fingerprint: _, ...one }) => one) };
  expect(isAbout(unnamed, { ...tokens, accessToken: 'another' })).toBe(true);
});

test.each([
  ['accepted', 'refused', false, false],
  ['accepted', 'refused', true, true],
  ['accepted', 'accepted', false, true],
  ['unknown', 'unknown', false, true],
] as const)(
  '%s before, %s afterwards, self-contained %s: may be honoured on %s',
  (before, after, selfContained, may) => {
    expect(mayBeHonoured(seen(before, after, { selfContained }))).toBe(may);
    expect(mayBeHonoured(seen(before, after, { selfContained, accessTokenExpired: true }))).toBe(false);
  },
);
