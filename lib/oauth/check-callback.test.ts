import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkCallback, isCheckedCallback } from '#lib/oauth/check-callback';
import { isOAuthError } from '#lib/oauth/oauth-error';
import type { PinnedEndpoints } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';
import { resolveRecord } from '#lib/providers/resolve-record';

const issuer = 'https://as.example/tenant';
const pinned: PinnedEndpoints = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  authorization_response_iss_parameter_supported: false,
};

function recordWith(overrides: Partial<Parameters<typeof resolveRecord>[0]> = {}): ProviderRecord {
  return resolveRecord({ id: 'p', name: 'P', issuer, client_id: 'c', client_secret: 's', ...overrides });
}

/** The outcome of a callback with this query: the checked value, or the error. */
function outcome(query: string, { advertised = false, record = recordWith(), state = 'right' } = {}) {
  const url = new URL(`https://hub.example/oauth/callback?${query}`);
  const endpoints = { ...pinned, authorization_response_iss_parameter_supported: advertised };
  try {
    return checkCallback(record, endpoints, url, { state });
  } catch (error) {
    if (isOAuthError(error)) return error;
    throw error;
  }
}

describe('iss (RFC 9207)', () => {
  const right = `&iss=${encodeURIComponent(issuer)}`;
  const wrong = `&iss=${encodeURIComponent('https://evil.example')}`;
  const forms = { absent: '', right, wrong, empty: '&iss=', duplicated: right + right, contradictory: right + wrong };
  const expected: Record<string, [form: keyof typeof forms, code: string | undefined][]> = {
    'not advertised': [
      ['absent', undefined],
      ['right', undefined],
      ['wrong', 'iss_mismatch'],
      ['empty', 'iss_mismatch'],
      ['duplicated', 'duplicate_parameter'],
      ['contradictory', 'duplicate_parameter'],
    ],
    advertised: [
      ['absent', 'iss_missing'],
      ['right', undefined],
      ['wrong', 'iss_mismatch'],
      ['empty', 'iss_mismatch'],
      ['duplicated', 'duplicate_parameter'],
      ['contradictory', 'duplicate_parameter'],
    ],
    'required by the record': [
      ['absent', 'iss_missing'],
      ['right', undefined],
      ['wrong', 'iss_mismatch'],
      ['empty', 'iss_mismatch'],
      ['duplicated', 'duplicate_parameter'],
      ['contradictory', 'duplicate_parameter'],
    ],
  };
  const rows = Object.entries(expected).flatMap(([policy, cells]) =>
    cells.map(([form, code]) => ({ policy, form, code })),
  );
  test.each(rows)('$form, $policy: $code', ({ policy, form, code }) => {
    const record = recordWith(policy === 'required by the record' ? { iss_policy: 'required' } : {});
    const result = outcome(`code=c&state=right${forms[form]}`, { advertised: policy === 'advertised', record });
    expect(isOAuthError(result) ? result.code : undefined).toBe(code);
  });

  test.each([
    'https://as.example/tenant/',
    'https://AS.example/tenant',
    'https://as.example:443/tenant',
    'http://as.example/tenant',
  ])('is compared as a string: %s is another issuer', (other) => {
    expect(outcome(`code=c&state=right&iss=${encodeURIComponent(other)}`)).toMatchObject({ code: 'iss_mismatch' });
  });

  test('is also checked on an error answer', () => {
    expect(outcome(`error=access_denied&state=right${wrong}`)).toMatchObject({ code: 'iss_mismatch' });
  });
});

describe('state', () => {
  test.each([
    ['missing', 'code=c', 'state_missing'],
    ['empty', 'code=c&state=', 'state_missing'],
    ['wrong', 'code=c&state=wrong', 'state_mismatch'],
    ['a prefix of the right one', 'code=c&state=righ', 'state_mismatch'],
    ['in other letters', 'code=c&state=RIGHT', 'state_mismatch'],
    ['given twice', 'code=c&state=right&state=right', 'duplicate_parameter'],
    ['missing on an error answer', 'error=access_denied', 'state_missing'],
    ['wrong on an error answer', 'error=access_denied&state=wrong', 'state_mismatch'],
  ])('%s is refused', (_, query, code) => {
    expect(outcome(query)).toMatchObject({ code, disposition: 'refused' });
  });

  test('never matches an expectation that is empty', () => {
    expect(outcome('code=c&state=x', { state: '' })).toMatchObject({ code: 'state_mismatch' });
  });
});

describe('parameters', () => {
  test.each(['code', 'error', 'error_description', 'error_uri', 'scope', 'id_token', 'access_token', 'response'])(
    '%s given twice is refused',
    (name) => {
      expect(outcome(`code=c&state=right&${name}=a&${name}=b`)).toMatchObject({ code: 'duplicate_parameter' });
    },
  );

  test('that are unknown are ignored, also twice', () => {
    const result = outcome('code=c&state=right&authuser=0&hd=example.com&prompt=none&utm=1&utm=2');
    expect(result).toMatchObject({ code: 'c', extras: {} });
  });

  test('that the record keeps are kept, and refused twice', () => {
    const record = recordWith({ redirect_fields: ['realmId'] });
    expect(outcome('code=c&state=right&realmId=42', { record })).toMatchObject({ extras: { realmId: '42' } });
    expect(outcome('code=c&state=right&realmId=42&realmId=43', { record })).toMatchObject({
      code: 'duplicate_parameter',
    });
  });

  test.each(['state=right', 'state=right&code='])('without a code (%s) are refused', (query) => {
    expect(outcome(query)).toMatchObject({ code: 'missing_code' });
  });
});

describe('an error answer', () => {
  test.each([
    ['access_denied', 'access_denied', 'access_denied'],
    ['admin_policy_enforced', 'provider_refused', 'admin_policy_enforced'],
    ['server_error', 'provider_refused', 'server_error'],
    ['<script>alert(1)</script>', 'provider_refused', undefined],
    ['x'.repeat(65), 'provider_refused', undefined],
    ['', 'provider_refused', undefined],
  ])('%s becomes %s with the code %s', (sent, code, providerError) => {
    const result = outcome(`state=right&error=${encodeURIComponent(sent)}&error_description=read+me&code=c`);
    expect(result).toMatchObject({ code, disposition: 'refused', providerError });
    expect(String(result)).not.toContain('read me');
  });
});

test('no query, whatever it is, passes without the right state and a code, or crashes', () => {
  const name = fc.constantFrom('code', 'state', 'iss', 'error', 'scope', '__proto__', 'x');
  const value = fc.oneof(fc.constantFrom('right', issuer, 'c', ''), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), fc.boolean(), (pairs, advertised) => {
      const result = outcome(new URLSearchParams(pairs).toString(), { advertised });
      const all = (wanted: string) => pairs.filter(([given]) => given === wanted).map(([, given]) => given);
      const good =
        all('state').join() === 'right' &&
        all('code').length === 1 &&
        all('code')[0] !== '' &&
        all('error').length === 0 &&
        all('scope').length <= 1 &&
        (all('iss').length === 0 ? !advertised : all('iss').join() === issuer);
      expect(isOAuthError(result)).toBe(!good);
    }),
    { numRuns: 2000 },
  );
});

test('the checked value is marked, and a copy of it is not', () => {
  const checked = outcome('code=c&state=right');
  if (isOAuthError(checked)) throw checked;
  expect(isCheckedCallback(checked)).toBe(true);
  expect(isCheckedCallback({ ...checked })).toBe(false);
});
