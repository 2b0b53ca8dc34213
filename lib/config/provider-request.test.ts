import { describe, expect, test } from 'vitest';
import { providerRecordSchema } from '#lib/config/provider-record';

const appUrl = new URL('https://hub.example');
const least = { id: 'acme', name: 'Acme', issuer: 'https://as.example', client_id: 'c', client_secret: 's' };

function faults(overrides: Record<string, unknown>, env = {}): string {
  const parsed = providerRecordSchema({ appUrl, env }).safeParse({ ...least, ...overrides });
  return parsed.success
    ? ''
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
}

const part = { name: 'dc', field: 'location', values: { us: 'com', eu: 'eu' }, initial: 'com' };
const renewal = { endpoint: 'https://as.example/renew', token_param: 'access_token' };

const me = { source: 'endpoint', endpoint: 'https://as.example/me', subject: 'id', token_param: 'access_token' };
const site = { endpoint: 'https://as.example/sites', token_param: 'access_token', fields: { site: 'id' } };

describe('P-29 a record that contradicts itself is refused with its field', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['two parameters under one name', { authorization_param_names: { client_id: 'a', scope: 'a' } }, 'two parameters'],
    ['the name of another parameter', { authorization_param_names: { client_id: 'state' } }, 'two parameters'],
    ['the name of the challenge', { authorization_param_names: { scope: 'code_challenge' } }, 'two parameters'],
    ['state cannot be renamed', { authorization_param_names: { state: 's' } }, 'authorization_param_names'],
    ['PKCE cannot be left out so', { token_param_names: { code_verifier: null } }, 'token_param_names.code_verifier'],
    [
      'the secret cannot be left out',
      { token_param_names: { client_secret: null } },
      'token_param_names.client_secret',
    ],
    [
      'a renamed parameter that is given again',
      { authorization_param_names: { client_id: 'app_id' }, authorization_params: { app_id: 'x' } },
      'authorization_params: "app_id"',
    ],
    [
      'the same when refreshing',
      { token_param_names: { client_id: 'app_id' }, refresh_params: { app_id: 'x' } },
      'refresh_params: "app_id"',
    ],
    [
      'a response type beside the one that is sent',
      { authorization_params: { response_type: 'auth_code' } },
      'is set by',
    ],
    ...['code id_token', 'token', 'id_token', 'code_token'].map((word): [string, Record<string, unknown>, string] => [
      `the response type ${word}`,
      { authorization_param_names: { response_type: null }, authorization_params: { response_type: word } },
      'has to be one word for a code',
    ]),
    [
      'a grant type beside the one that is sent',
      { token_params: { grant_type: 'password' } },
      'token_params: "grant_type"',
    ],
    ...['client_credentials', 'password', 'two words', ''].map((word): [string, Record<string, unknown>, string] => [
      `the grant type ${word} in place of a code's`,
      { token_param_names: { grant_type: null }, token_params: { grant_type: word } },
      'cannot stand for',
    ]),
    [
      'a redirect URI',
      { authorization_params: { redirect_uri: 'x' } },
      'authorization_params: "redirect_uri" is set by',
    ],
    [
      'a redirect URI that is an address',
      {
        authorization_param_names: { redirect_uri: null },
        authorization_params: { redirect_uri: 'https://other.example' },
      },
      'cannot stand for',
    ],
    [
      'an exchange that repeats another one',
      { token_param_names: { redirect_uri: null }, token_params: { redirect_uri: 'Hub-1' } },
      'has to be that of authorization_params',
    ],
    [
      'an assertion under the name of the secret that is sent, too',
      { token_param_names: { client_assertion: 'client_secret' } },
      'two parameters',
    ],
    [
      'a key for the API whose variable is unset',
      { identity: { endpoint: 'https://as.example/me', headers: { 'x-key': { env: 'NONE' } } } },
      'NONE is not set',
    ],
    ['parts in headers of revocation', { revoke: { headers: { 'x-a': '{shop}' } } }, 'cannot hold {parts}'],
    ['parts in the address of metadata', { metadata_url: 'https://as.example/{x}' }, 'metadata_url'],
    [
      'an address of metadata that is not read',
      { metadata_url: 'https://as.example/m', discovery: 'none' },
      'metadata_url',
    ],
    ['another refresh token', { refresh_params: { refresh_token: 'x' } }, 'refresh_params: "refresh_token"'],
    ['a code under the name of the state', { code_field: 'state' }, 'code_field: "state" has another meaning'],
    ['a code that is kept', { code_field: 'auth_code', redirect_fields: ['auth_code'] }, 'is the code'],
    ['a part without its initial value', { redirect_parts: [{ ...part, initial: 'cn' }] }, 'not among the values'],
    ['a part from the code', { redirect_parts: [{ ...part, field: 'code' }] }, 'another meaning'],
    ['a part from the issuer', { redirect_parts: [{ ...part, field: 'iss' }] }, 'another meaning'],
    ['a part named twice', { redirect_parts: [part, part] }, '"dc" is used twice'],
    [
      'a part that could leave its host',
      { redirect_parts: [{ ...part, values: { us: 'com', x: 'a/b' } }] },
      'values.x',
    ],
    ['a part with a port', { redirect_parts: [{ ...part, values: { us: 'com', x: 'a:1' } }] }, 'values.x'],
    ['a secret header in plain', { token_headers: { 'X-Api-Key': 'k' } }, 'give it as { "env": "VARIABLE" }'],
    ['a header whose variable is unset', { token_headers: { 'X-Api-Key': { env: 'NONE' } } }, 'NONE is not set'],
    ['a header of the hub’s own', { token_headers: { Authorization: 'Basic x' } }, 'token_headers.Authorization'],
    ['a header with a line break', { token_headers: { 'x-a': 'b\r\nhost: c' } }, 'token_headers.x-a'],
    [
      'JSON in a query',
      { dangerously_token_request_in_query: 'GET', token_request_format: 'json' },
      'dangerously_token_request_in_query',
    ],
    ['a renewal whose life nobody says', { token_renewal: renewal }, 'token_renewal: needs idle_keepalive_days'],
    [
      'a renewal beside a refresh',
      { token_renewal: renewal, idle_keepalive_days: 60, refresh_endpoint: 'https://as.example/x' },
      'token_renewal: cannot go with refresh_endpoint',
    ],
    [
      'the token twice',
      { token_upgrade: { ...renewal, params: { access_token: 'x' } } },
      'token_upgrade: "access_token" would be sent twice',
    ],
    ['a token in a GET by a word less', { identity: { ...me, method: 'GET' } }, 'identity: token_param goes by POST'],
    ['a token in a form by GET', { lookups: [{ ...site, method: 'GET' }] }, 'lookups: token_param goes by POST'],
    ['a query without a name', { identity: { endpoint: me.endpoint, dangerously_by_get: true } }, 'needs token_param'],
    ['a token in a query by POST', { identity: { ...me, method: 'POST', dangerously_by_get: true } }, 'goes by GET'],
    ['a token in two places', { identity: { ...me, token_header: { name: 'X-Token' } } }, 'not in both'],
    ['a form beside a body', { lookups: [{ ...site, body: { query: '{ me }' } }] }, 'lookups: token_param goes in'],
    ['a scope with the separator in it', { scopes: ['a,b'], scope_sep_out: ',' }, 'scopes: "a,b" contains'],
    ['a fragment at the token endpoint', { token_endpoint: 'https://as.example/#/t' }, 'must not carry a fragment'],
    ['a part in a fragment', { authorization_endpoint: 'https://as.example/#/{x}' }, 'authorization_endpoint'],
  ])('%s', (_, overrides, fault) => {
    expect(faults(overrides)).toContain(fault);
  });

  test('a name that another parameter gave up is free', () => {
    const names = { client_id: 'app_id', scope: 'client_id' };
    expect(faults({ authorization_param_names: names })).toBe('');
  });

  test('another word for a code is taken where ours is left out', () => {
    const authorization_params = { response_type: 'auth_code' };
    expect(faults({ authorization_param_names: { response_type: null }, authorization_params })).toBe('');
  });

  test('what only an authorization request sets may be given to the token endpoint', () => {
    expect(faults({ token_params: { request: 'token' }, refresh_params: { scope: 'a b' } })).toBe('');
  });

  test('a secret header comes from its variable', () => {
    const token_headers = { 'X-Api-Key': { env: 'KEY' }, 'X-Version': '3' };
    const parsed = providerRecordSchema({ appUrl, env: { KEY: 'k-1' } }).parse({ ...least, token_headers });
    expect(parsed.token_headers).toEqual({ 'X-Api-Key': 'k-1', 'X-Version': '3' });
  });
});
