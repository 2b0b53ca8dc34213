import { describe, expect, test } from 'vitest';
import { asked, computed, imported } from '#tests/registry-entries';

describe('a field of the registry', () => {
  test.each<[string, object, object]>([
    ['what every entry has', {}, { id: 'acme', name: 'Acme', issuer: 'https://acme.example', discovery: 'none' }],
    [
      'credentials in the body',
      {},
      {
        client_id: 'CLIENT_ID',
        client_secret_env: 'ACME_CLIENT_SECRET',
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    ['in a header', { authorization_method: 'header' }, { token_endpoint_auth_method: 'client_secret_basic' }],
    [
      'in a header that is not encoded',
      { token_request_auth_method: 'basic' },
      { token_endpoint_auth_method: 'client_secret_basic', basic_encoding: 'raw' },
    ],
    [
      'as a signed assertion',
      { token_request_auth_method: 'private_key_jwt' },
      { token_endpoint_auth_method: 'private_key_jwt', client_private_key_env: 'ACME_CLIENT_KEY' },
    ],
    ['JSON at the token endpoint', { body_format: 'json' }, { token_request_format: 'json' }],
    ['no PKCE', { disable_pkce: true }, { dangerously_without_pkce: true }],
    ['scopes', { default_scopes: ['a', 'b'], scope_separator: ',' }, { scopes: ['a', 'b'], scope_sep_out: ',' }],
    ['scopes among the parameters', { authorization_params: { scope: 'a b' } }, { scopes: ['a', 'b'] }],
    [
      'parameters of the request',
      { authorization_params: { response_type: 'code', access_type: 'offline', session: false, level: 1 } },
      { authorization_params: { access_type: 'offline', session: 'false', level: '1' } },
    ],
    [
      'parameters that the protocol sets elsewhere',
      { authorization_params: { request: 'authorize' } },
      { authorization_endpoint: 'https://acme.example/authorize?request=authorize' },
    ],
    [
      'parameters of the exchange, which the refresh has too',
      { token_params: { grant_type: 'authorization_code', audience: 'api' } },
      { token_params: { audience: 'api' }, refresh_params: { audience: 'api' } },
    ],
    [
      'parameters of the refresh',
      { token_params: { a: '1' }, refresh_params: { grant_type: 'refresh_token', scope: 'a' } },
      { token_params: { a: '1' }, refresh_params: { scope: 'a' } },
    ],
    [
      'a refresh endpoint',
      { refresh_url: 'https://acme.example/renew' },
      { refresh_endpoint: 'https://acme.example/renew' },
    ],
    [
      'fields that calls need',
      { token_response_metadata: ['api_domain', 'team.id'], redirect_uri_metadata: ['realmId'] },
      { response_fields: ['api_domain', 'team.id'], redirect_fields: ['realmId'] },
    ],
    [
      'other names of parameters',
      { authorization_url_replacements: { client_id: 'app_id', 'redirect_uri=': 'redirectUri=', response_type: '' } },
      { authorization_param_names: { client_id: 'app_id', redirect_uri: 'redirectUri', response_type: null } },
    ],
    [
      'another word for a code',
      { authorization_params: { response_type: 'auth_code' } },
      { authorization_param_names: { response_type: null }, authorization_params: { response_type: 'auth_code' } },
    ],
    [
      'parameters in the fragment',
      { authorization_url_fragment: 'oauth/authorize' },
      { authorization_endpoint: 'https://acme.example/authorize#oauth/authorize', authorization_params_in: 'fragment' },
    ],
    ['another name of the code', { authorization_code_param_in_callback: 'acme_code' }, { code_field: 'acme_code' }],
    [
      'a token in another place',
      { alternate_access_token_response_path: 'authed_user' },
      { token_path: ['access_token', 'authed_user.access_token'] },
    ],
    [
      'a life in milliseconds',
      { expires_in_unit: 'milliseconds' },
      { access_token_life: { path: 'expires_in', as: 'milliseconds' } },
    ],
    [
      'an endpoint by mode',
      { token_url: { OAUTH2: 'https://acme.example/t' } },
      { token_endpoint: 'https://acme.example/t' },
    ],
    [
      'a plus that is not encoded, which a space becomes',
      { scope_separator: '+', authorization_url_skip_encode: ['scopes'], default_scopes: ['a', 'b'] },
      { scopes: ['a', 'b'] },
    ],
    [
      'empty parameters, also those that are empty only by their default',
      {
        authorization_url_skip_empty: true,
        authorization_params: { a: '', b: '1', c: asked('launch') },
        connection_config: { launch: { hidden: true, default_value: '' } },
      },
      { authorization_params: { b: '1' } },
    ],
  ])('is carried over: %s', (_, fields, expected) => {
    const { record, lost } = imported(fields);
    expect(record).toMatchObject(expected);
    if ('authorization_params' in expected) expect(record?.authorization_params).toEqual(expected.authorization_params);
    expect(lost).toEqual([]);
  });

  test.each<[string, object, string]>([
    [
      'tokens through the browser',
      { authorization_params: { response_type: 'code id_token' } },
      'authorization_params.response_type',
    ],
    [
      'the code in a webhook',
      { authorization_code_param_in_webhook: 'data.code' },
      'authorization_code_param_in_webhook',
    ],
    ['another grant', { token_params: { grant_type: 'client_credentials' } }, 'token_params.grant_type'],
    [
      'another state',
      { authorization_url_replacements: { 'state=': 'customField=' } },
      'authorization_url_replacements.state',
    ],
    ['a computed value', { authorization_params: { a: `${computed}` } }, 'authorization_params'],
    ['another form', { authorization_params: { response_mode: 'form_post' } }, 'authorization_params.response_mode'],
    ['a separator that is no word', { scope_separator: '--' }, 'scope_separator'],
    ['code for the client', { token_request_auth_method: 'custom' }, 'token_request_auth_method'],
    [
      'a secret of each person',
      {
        authorization_params: { password: `${asked('password')}` },
        connection_config: { password: { secret: true } },
      },
      'authorization_params',
    ],
    [
      'a port of a part of a host',
      {
        token_url: `https://api.${asked('host')}/token`,
        connection_config: { host: { pattern: '^[a-z.]+(:[0-9]+)?$', example: 'acme.example:8443' } },
      },
      'token_url',
    ],
    ['no endpoint', { authorization_url: undefined }, 'authorization_url'],
  ])('is named where it is lost: %s', (_, fields, field) => {
    expect(imported(fields).lost.map((line) => line.split(':')[0])).toContain(field);
  });

  test('is named where nothing is known of it, and where code of the registry does it', () => {
    const { lines } = imported({ proxy: { base_url: 'https://x' }, post_connection_script: 'acme', brand_new: 1 });
    const calls = lines.filter(({ part }) => part === 'calls').map(({ field }) => field);
    expect(calls.toSorted()).toEqual(['brand_new', 'post_connection_script', 'proxy']);
  });

  test('that looks like a secret is not kept beside a connection', () => {
    const { record, lines } = imported({ token_response_metadata: ['session_token', 'team'] });
    expect(record).toMatchObject({ response_fields: ['team'] });
    expect(lines.find(({ field }) => field === 'token_response_metadata')?.message).toContain('session_token');
  });
});
