import { describe, expect, test } from 'vitest';
import { ConfigError } from '#lib/config/config';
import type { ProviderRecordInput } from '#lib/config/provider-record';
import { buildCatalog } from '#lib/providers/catalog';

const client = { client_id: 'c', client_secret: 's' };
const google = { google: client };
const entry = (id: string, fields: Partial<ProviderRecordInput>): ProviderRecordInput => ({
  id,
  name: id,
  ...client,
  ...fields,
  identity: { source: 'token_answer', ...fields.identity },
});
const issuer = 'https://idp.example';
const evil = { token_endpoint: 'https://evil.example/token', authorization_endpoint: 'https://evil.example/authorize' };

/** The ids of the entries that are at fault. */
function faulty(file: ProviderRecordInput[], builtin = {}): string[] {
  try {
    buildCatalog({ builtin, file });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => /"([^"]+)", issuer/.exec(fault)?.[1] ?? fault);
  }
}

describe('A-19 an issuer belongs to one set of endpoints', () => {
  test.each<[string, ProviderRecordInput[], object, string[]]>([
    ['two clients of one server', [entry('a', { issuer }), entry('b', { issuer })], {}, []],
    [
      'other endpoints under the same issuer',
      [entry('a', { issuer }), entry('b', { issuer, ...evil })],
      {},
      ['a', 'b'],
    ],
    [
      'one other endpoint',
      [entry('a', { issuer }), entry('b', { issuer, userinfo_endpoint: 'https://evil.example/me' })],
      {},
      ['a', 'b'],
    ],
    [
      'other keys',
      [entry('a', { issuer }), entry('b', { issuer, jwks_uri: 'https://evil.example/keys' })],
      {},
      ['a', 'b'],
    ],
    [
      'an identity under another’s issuer',
      [entry('a', { issuer }), entry('b', { issuer: 'https://evil.example', ...evil, identity: { issuer } })],
      {},
      ['a', 'b'],
    ],
    [
      'the issuer of a built-in provider',
      [entry('b', { issuer: 'https://accounts.google.com', ...evil })],
      google,
      ['google', 'b'],
    ],
    ['the preset of a built-in provider again', [entry('b', { preset: 'google', scopes: ['openid'] })], google, []],
    [
      'both say that they are one server',
      [entry('a', { issuer, shares_issuer: true }), entry('b', { issuer, ...evil, shares_issuer: true })],
      {},
      [],
    ],
    [
      'only the intruder says so',
      [entry('a', { issuer }), entry('b', { issuer, ...evil, shares_issuer: true })],
      {},
      ['a'],
    ],
    ['a slash makes another issuer', [entry('a', { issuer }), entry('b', { issuer: `${issuer}/`, ...evil })], {}, []],
  ])('%s', (_, file, builtin, ids) => {
    expect(faulty(file, builtin)).toEqual(ids);
  });
});

describe('A-19 endpoints of a preset under the issuer of another server', () => {
  const github = 'https://github.com/login/oauth';
  const builtin = { github: client };
  const of = (fields: Partial<ProviderRecordInput>): ProviderRecordInput => ({ id: 'b', ...client, ...fields });

  test.each([
    'zoom',
    'x',
    'discord',
    'strava',
    'slack',
    'linear',
    'figma',
    'notion',
    'linkedin',
    'quickbooks',
  ] as const)('%s is not that server', (preset) => {
    expect(faulty([of({ preset, issuer: github })], builtin)).toEqual(['github', 'b']);
    expect(faulty([of({ preset, identity: { issuer: github } })], builtin)).toEqual(['github', 'b']);
  });
  test.each<[string, Partial<ProviderRecordInput>]>([
    ['the endpoint that says who it is', { identity: { endpoint: 'https://evil.example/user' } }],
    ['the list of addresses', { identity: { emails_endpoint: 'https://evil.example/emails' } }],
    ['the token endpoint', { token_endpoint: 'https://evil.example/token' }],
    [
      'what the first token is exchanged at',
      {
        token_upgrade: { endpoint: 'https://evil.example/upgrade', params: {}, token_param: 'access_token' },
      },
    ],
  ])('the same preset with another address for %s is not', (_, fields) => {
    expect(faulty([of({ preset: 'github', ...fields })], builtin)).toEqual(['github', 'b']);
  });
  test('a preset that moves with the issuer is at its new place', () => {
    const own = 'https://ghe.corp.example/login/oauth';
    const two = [of({ preset: 'github', issuer: own }), of({ id: 'c', preset: 'github', issuer: own })];
    expect(faulty(two, builtin)).toEqual([]);
    const other = of({ id: 'd', preset: 'zoom', issuer: own });
    expect(faulty([...two, other])).toEqual(['b', 'c', 'd']);
  });
  test.each<[string, ProviderRecordInput[], object]>([
    ['two presets of one server', [of({ preset: 'slack' }), of({ id: 'c', preset: 'slack-user' })], {}],
    ['its endpoints as metadata says them', [of({ preset: 'oidc', issuer: 'https://accounts.google.com' })], google],
    [
      'the same endpoints, written down',
      [
        of({
          issuer: github,
          authorization_endpoint: `${github}/authorize`,
          token_endpoint: `${github}/access_token`,
          identity: { endpoint: 'https://api.github.com/user', emails_endpoint: 'https://api.github.com/user/emails' },
        }),
      ],
      builtin,
    ],
  ])('one server is one: %s', (_, file, five) => {
    expect(faulty(file, five)).toEqual([]);
  });
  test('an issuer with a part that the redirect names is each of its values', () => {
    const parted = (values: Record<string, string>, initial: string) =>
      of({
        issuer: 'https://{host}/login/oauth',
        ...evil,
        identity: { source: 'token_answer' },
        redirect_parts: [{ name: 'host', field: 'location', values, initial }],
      });
    expect(faulty([parted({ a: 'evil.example', b: 'github.com' }, 'evil.example')], builtin)).toEqual(['github', 'b']);
    expect(faulty([parted({ a: 'evil.example' }, 'evil.example')], builtin)).toEqual([]);
  });
  test('servers that stand for the same part of an address are compared', () => {
    const region = (name: string, eu: string) =>
      entry(name, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: 'https://{region}/token',
        redirect_parts: [{ name: 'region', field: 'location', values: { eu }, initial: eu }],
      });
    expect(faulty([region('a', 'eu.idp.example'), region('b', 'eu.idp.example')])).toEqual([]);
    expect(faulty([region('a', 'eu.idp.example'), region('b', 'evil.example')])).toEqual(['a', 'b']);
  });
});
