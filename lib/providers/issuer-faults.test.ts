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
