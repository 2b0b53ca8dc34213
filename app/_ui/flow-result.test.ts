import { expect, test } from 'vitest';
import { errorCodes } from '#lib/errors';
import { flowParams, flowResult, mayBeTold, refusalSentence } from './flow-result.ts';

test('a page without an outcome has none', () => {
  expect(flowParams({})).toBeNull();
  expect(flowParams({ flow: ['connected', 'connected'] })).toBeNull();
});

test('the outcome is read from the address, a reference only where it looks like one', () => {
  expect(flowParams({ flow: 'access_denied', provider: 'github', ref: 'req_abc' })).toEqual({
    code: 'access_denied',
    provider: 'github',
    connection: null,
    reference: 'req_abc',
    providerError: null,
    typed: {},
  });
  expect(flowParams({ flow: 'account_part_invalid', typed_shop: 'Shop One', typed_x: ['a', 'b'] })?.typed).toEqual({
    shop: 'Shop One',
  });
  expect(flowParams({ flow: 'access_denied', ref: '<b>call 555' })?.reference).toBeNull();
});

test.each(Object.keys(errorCodes))('the code %s is told in its own sentence and offers a next step', (code) => {
  const result = flowResult(code, 'GitHub');
  expect(result?.tone).toBe('bad');
  expect(result?.text?.startsWith(refusalSentence(code) ?? 'no sentence')).toBe(true);
  expect(result?.next).toBe(code === 'account_mismatch' ? 'connect_another' : 'try_again');
});

test.each(['', 'nonsense', 'constructor', '__proto__', 'toString'])('an unknown code (%s) says nothing', (code) => {
  expect(flowResult(code, 'GitHub')).toBeNull();
  expect(refusalSentence(code)).toBeNull();
});

test('fewer permissions than asked for lead to granting the rest', () => {
  expect(flowResult('scopes_missing', 'GitHub')).toMatchObject({ tone: 'warn', next: 'grant_the_rest' });
});

test.each([
  ['disconnected', ['connected'], false],
  ['disconnected', [], false],
  ['disconnected', ['connected', 'revoked'], true],
  ['connected', [], false],
  ['connected', ['revoked'], false],
  ['reconnected', ['connected'], true],
  ['scopes_missing', ['refresh_due'], true],
  ['access_denied', [], true],
] as const)('%s of connections that are %j is told: %s', (code, statuses, told) => {
  expect(mayBeTold(code, statuses)).toBe(told);
});

test.each([
  ['account_mismatch', true],
  ['id_token_invalid', true],
  ['access_denied', false],
  ['provider_unavailable', false],
])('A-10 %s says what becomes of tokens that were issued: %s', (code, says) => {
  expect(flowResult(code, 'GitHub')?.text?.includes('If GitHub issued tokens, the hub revokes them there')).toBe(says);
});

test('P-14 the provider’s own code has words, where it is known and where the refusal is the provider’s', () => {
  const textOf = (code: string, providerError: string) => flowResult(code, 'Acme', providerError)?.text;
  expect(textOf('provider_refused', 'redirect_uri_mismatch')).toContain('redirect URI');
  expect(textOf('provider_configuration', 'invalid_client')).toContain('rejects this hub’s own credentials');
  expect(textOf('access_denied', 'admin_policy_enforced')).toContain('Ask its administrator');
  for (const unknown of ['call +1 555 0100', 'constructor', '__proto__', ''])
    expect(textOf('provider_refused', unknown)).toBe(errorCodes.provider_refused[1]);
  expect(textOf('state_reused', 'invalid_client')).toBe(errorCodes.state_reused[1]);
  expect(refusalSentence('provider_refused', 'org_internal')).toContain('another account');
});
