import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { providersFileSchema } from '#lib/config/provider-record';
import { buildCatalog } from '#lib/providers/catalog';
import { relaxationsOf, relaxedFields } from '#lib/providers/relaxations';

const least = { id: 'acme', name: 'Acme', issuer: 'https://as.example', client_id: 'c', client_secret: 's' };

function recordOf(fields: Record<string, unknown>) {
  const file = providersFileSchema({ appUrl: new URL('https://hub.example') }).parse([{ ...least, ...fields }]);
  const record = buildCatalog({ builtin: {}, file }).get('acme');
  if (!record) throw new Error('No record.');
  return record;
}

const openid = { scopes: ['openid'], identity: { source: 'userinfo' } };
const idle_keepalive_days = 60;
const call = { endpoint: 'https://as.example/renew', token_param: 'access_token', dangerously_by_get: true };
const inQuery = { endpoint: 'https://as.example/me', token_param: 'access_token', dangerously_by_get: true };

describe('P-23 every relaxation of a record is shown to administrators', () => {
  const cases: [fields: Record<string, unknown>, paths: string[], words: string[]][] = [
    [{ dangerously_without_pkce: true }, ['dangerously_without_pkce'], ['without PKCE']],
    [{ ...openid, dangerously_without_nonce: true }, ['dangerously_without_nonce'], ['without nonce']],
    [{ ...openid, dangerously_without_id_token: true }, ['dangerously_without_id_token'], ['without ID token']],
    [{ dangerously_token_request_in_query: 'GET' }, ['dangerously_token_request_in_query'], ['secrets in URLs']],
    [{ dangerously_with_typed_hosts: true }, ['dangerously_with_typed_hosts'], ['hosts that people type']],
    [{ token_upgrade: call }, ['token_upgrade.dangerously_by_get'], ['secrets in URLs']],
    [
      { dangerously_without_pkce: true, idle_keepalive_days, token_upgrade: call, token_renewal: call },
      ['dangerously_without_pkce', 'token_upgrade.dangerously_by_get', 'token_renewal.dangerously_by_get'],
      ['without PKCE', 'secrets in URLs'],
    ],
    [{ identity: inQuery }, ['identity.dangerously_by_get'], ['secrets in URLs']],
    [{ lookups: [{ ...inQuery, fields: { site: 'id' } }] }, ['lookups.0.dangerously_by_get'], ['secrets in URLs']],
    [{ dangerously_without_pkce: false, token_upgrade: { ...call, dangerously_by_get: false } }, [], []],
    [{}, [], []],
  ];

  test.each(cases)('%j', (fields, paths, words) => {
    const record = recordOf(fields);
    expect(relaxedFields(record).toSorted()).toEqual(paths.toSorted());
    expect(relaxationsOf(record).toSorted()).toEqual(words.toSorted());
  });

  test('none that a record may have is left out of these cases', () => {
    const folder = new URL('../config/', import.meta.url);
    const sources = readdirSync(folder).filter((name) => /^provider-.*(?<!test)\.ts$/.test(name));
    const text = sources.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
    const names = new Set(text.match(/\bdangerously_\w+(?=:)/g));
    const tried = new Set(cases.flatMap(([, paths]) => paths.map((path) => path.split('.').at(-1))));
    expect(names.size).toBeGreaterThan(4);
    expect([...names].toSorted()).toEqual([...tried].toSorted());
  });
});
