import { describe, expect, test } from 'vitest';
import { providerRecordSchema } from '#lib/config/provider-record';
import { fillTemplate } from '#lib/config/provider-url';

const schema = providerRecordSchema({ appUrl: new URL('https://hub.example') });
const base = {
  ...{ name: 'base', label: 'Address', pattern: '^[a-z.]+(:[0-9]+)?(\\/[a-z]+)*$', example: 'jira.example:8443/jira' },
  base: true,
};
const entry = {
  ...{ id: 'jira', name: 'Jira', issuer: 'https://{base}', client_id: 'c', client_secret: 's' },
  ...{ authorization_endpoint: 'https://{base}/authorize', token_endpoint: 'https://{base}/token' },
  account_params: [base],
};
const faults = (fields: object) =>
  schema.safeParse({ ...entry, ...fields }).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('a part that is a whole server', () => {
  test('begins an address, or stands in a parameter', () => {
    expect(faults({})).toBeUndefined();
    expect(faults({ issuer: 'https://{base}?x', authorization_params: { aud: 'https://{base}', at: '{base}' } })).toBe(
      undefined,
    );
  });

  test.each([
    'https://api.{base}/token',
    'https://{base}.example/token',
    'https://jira.example/{base}/token',
    'https://{base}:8443/token',
    'https://{base}/token?at={base}',
  ])('is refused at the start in %s', (token_endpoint) => {
    expect(faults({ token_endpoint })).toEqual(['token_endpoint: {base} may only stand as https://{base}/…']);
  });

  test('may have a port and a path in its example, and no other part may', () => {
    const { base: _, ...part } = base;
    expect(faults({ account_params: [part] })).toEqual(['account_params.0.example: cannot stand in a URL']);
  });
});

describe('filling in a whole server', () => {
  const bases = new Set(['base']);
  test.each([
    ['https://{base}/token', 'jira.example:8443/jira', 'https://jira.example:8443/jira/token'],
    ['https://{base}', 'jira.example', 'https://jira.example'],
    ['https://{base}?a=b', 'jira.example/x', 'https://jira.example/x?a=b'],
  ])('%s with %s', (template, value, url) => {
    expect(fillTemplate(template, { base: value }, bases)).toBe(url);
  });

  test.each([
    ...['jira.example@evil.example', 'jira.example:80@evil.example', 'jira.example:99999', 'jira.example:', 'a b'],
    ...['jira.example/..', 'jira.example/./x', 'jira.example/a/../../b', 'jira..example', '/x', 'jira.example//x'],
    ...['jira.example?x', 'jira.example#x', 'jira.example\\x', 'jira.example/%2e%2e', '{base}', 'x'.repeat(256)],
  ])('%j is refused', (value) => {
    expect(fillTemplate('https://{base}/token', { base: value }, bases)).toBeNull();
  });

  test('a port or a path stands nowhere else, and for no other part', () => {
    expect(fillTemplate('https://api.{base}/token', { base: 'jira.example:1' }, bases)).toBeNull();
    expect(fillTemplate('https://x.example/{base}', { base: 'a/b' }, bases)).toBeNull();
    expect(fillTemplate('https://{host}/token', { host: 'jira.example:1' }, bases)).toBeNull();
  });
});

describe('an assertion of the client', () => {
  const assertion = { token_endpoint_auth_method: 'private_key_jwt', client_private_key: 'k' };
  test('may have an issuer and an audience of its own', () => {
    const own = { client_assertion_issuer: 'hub.example', client_assertion_audience: 'https://as.example' };
    expect(faults({ ...assertion, ...own })).toBeUndefined();
  });
  test.each([
    ['client_assertion_audience', { ...assertion, client_assertion_audience: 'somewhere' }],
    ['client_assertion_issuer', { ...assertion, client_assertion_issuer: 'two words' }],
    ['client_assertion_issuer', { client_assertion_issuer: 'hub.example' }],
  ])('is refused at %s', (field, fields) => {
    expect(faults(fields)).toEqual([expect.stringMatching(`^${field}: `)]);
  });
});
