import { describe, expect, test } from 'vitest';
import { providersFileSchema } from '#lib/config/provider-record';
import { buildCatalog } from '#lib/providers/catalog';
import { beyondTheFile } from '#lib/providers/registry/beyond-the-file';
import { importRegistry } from '#lib/providers/registry/import-registry';
import { readRegistry } from '#lib/providers/registry/read-registry';

const least = {
  display_name: 'Acme',
  auth_mode: 'OAUTH2',
  authorization_url: 'https://acme.example/authorize',
  token_url: 'https://acme.example/token',
};

/** How the registry writes a value that the person gives, and one that it computes. */
const asked = (name: string) => ['$', `{connectionConfig.${name}}`].join('');
const computed = ['$', '{now}'].join('');

/** JSON is YAML, too. */
const registry = (...entries: object[]) =>
  JSON.stringify(Object.fromEntries(entries.map((entry, at) => [at === 0 ? 'acme' : `acme-${at}`, entry])));

function imported(fields: object) {
  const { records, lines } = importRegistry(registry({ ...least, ...fields }), ['acme']);
  const lost = lines.filter(({ kind, part }) => kind === 'lost' && part !== 'calls');
  return { record: records[0], lines, lost: lost.map(({ field, message }) => `${field}: ${message}`) };
}

const tenant = {
  authorization_url: `https://${asked('tenantName')}.acme.example/authorize`,
  token_url: `https://${asked('tenantName')}.acme.example/token`,
};

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
      'empty parameters',
      { authorization_url_skip_empty: true, authorization_params: { a: '', b: '1' } },
      { authorization_params: { b: '1' } },
    ],
  ])('is carried over: %s', (_, fields, expected) => {
    const { record, lost } = imported(fields);
    expect(record).toMatchObject(expected);
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
      'a port',
      {
        token_url: `https://${asked('host')}/token`,
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

describe('a part of addresses', () => {
  test('is asked of the person, by the registry’s pattern and example', () => {
    const config = { tenantName: { title: 'Tenant', pattern: '^[a-z0-9_-]+$', example: 'contoso' } };
    const { record, lost } = imported({ ...tenant, connection_config: config });
    expect(record).toMatchObject({
      token_endpoint: 'https://{tenant_name}.acme.example/token',
      account_params: [{ name: 'tenant_name', label: 'Tenant', example: 'contoso' }],
    });
    expect(lost).toEqual([]);
  });

  test('has its words where the registry lists them', () => {
    const { record } = imported({ ...tenant, connection_config: { tenantName: { enum: ['eu', 'co.uk'] } } });
    expect(record?.account_params).toEqual([
      { name: 'tenant_name', label: 'tenantName', pattern: '^(?:eu|co\\.uk)$', example: 'eu' },
    ]);
  });

  test('that is hidden behind its default is that default', () => {
    const { record } = imported({
      ...tenant,
      connection_config: { tenantName: { hidden: true, default_value: 'main' } },
    });
    expect(record?.token_endpoint).toBe('https://main.acme.example/token');
    expect(record?.account_params).toBeUndefined();
  });

  test('called client_id is the client’s own', () => {
    const { record } = imported({ authorization_url: `https://acme.example/${asked('client_id')}/authorize` });
    expect(record?.authorization_endpoint).toBe('https://acme.example/{client_id}/authorize');
    expect(record?.account_params).toBeUndefined();
  });

  test('may have the registry’s fallback as one of its values', () => {
    const { record, lost } = imported({
      authorization_url: `https://${asked('hostname')}/authorize || https://login.acme.example/authorize`,
      token_url: `https://${asked('hostname')}/token || https://login.acme.example/token`,
    });
    expect(record).toMatchObject({ account_params: [{ name: 'hostname', example: 'login.acme.example' }] });
    expect(lost).toEqual([]);
  });

  test('that only a fallback does without becomes the host, where its words are listed', () => {
    const { record, lost } = imported({
      authorization_url: `https://app.${asked('region')}.acme.example/oauth || https://app.acme.example/oauth`,
      connection_config: { region: { enum: ['eu'] } },
    });
    expect(record?.authorization_endpoint).toBe('https://{authorization_host}/oauth');
    const pattern = '^(?:app\\.acme\\.example|app\\.eu\\.acme\\.example)$';
    expect(record?.account_params).toMatchObject([
      { name: 'authorization_host', pattern, example: 'app.acme.example' },
    ]);
    expect(lost).toEqual([]);
  });

  test('that only a fallback does without is lost, and the fallback kept', () => {
    const { record, lost } = imported({
      authorization_url: `https://app.${asked('region')}.acme.example/oauth || https://app.acme.example/oauth`,
    });
    expect(record?.authorization_endpoint).toBe('https://app.acme.example/oauth');
    expect(lost).toEqual([expect.stringContaining('authorization_url: only https://app.acme.example/oauth is kept')]);
  });

  test('is learnt from the redirect where the server names itself there', () => {
    const { record, lost } = imported({
      authorization_url: `https://accounts.acme.${asked('extension')}/auth || https://accounts.acme.com/auth`,
      token_url: `https://accounts.acme.${asked('extension')}/token || ${asked('accounts-server')}/token`,
      redirect_uri_metadata: ['accounts-server'],
      connection_config: { extension: { enum: ['com', 'eu'] }, 'accounts-server': { automated: true } },
    });
    expect(record?.redirect_parts).toEqual([
      {
        name: 'extension',
        field: 'accounts-server',
        values: { 'https://accounts.acme.com': 'com', 'https://accounts.acme.eu': 'eu' },
        initial: 'com',
      },
    ]);
    expect(record?.account_params).toBeUndefined();
    expect(lost).toEqual([]);
  });

  test('that may be any host is warned of: the client’s secret goes there', () => {
    const open = { token_url: `https://${asked('hostname')}/token` };
    expect(imported(open).lines.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('narrow its pattern'),
    );
    const config = { hostname: { pattern: '^[a-z]+\\.acme\\.example$', example: 'eu.acme.example' } };
    const closed = imported({ ...open, connection_config: config }).lines.map(({ message }) => message);
    expect(closed.join()).not.toContain('narrow its pattern');
  });
});

describe('a part by which a person names the host of', () => {
  const message = (fields: Record<string, unknown>) =>
    imported({ ...fields }).lines.filter(({ message }) => message.includes('narrow its pattern'));
  const token = (host: string) => ({ token_url: `https://${host}/token` });
  test.each<[string, Record<string, unknown>, string]>([
    ['the token endpoint', token(asked('host')), 'token_url'],
    ['all but .com', token(`${asked('host')}.com`), 'token_url'],
    ['all but .co.uk', token(`api.${asked('host')}.co.uk`), 'token_url'],
    ['all but a port', token(`${asked('host')}:443`), 'token_url'],
    ['the refresh endpoint', { refresh_url: `https://${asked('host')}/refresh` }, 'refresh_url'],
  ])('%s is warned of: the client’s secret goes there', (_, fields, field) => {
    expect(message(fields)).toMatchObject([{ field }]);
  });
  test.each(['.acme.example', '.eu.acme.com', '.box.com'])('a server below %s is not', (suffix) => {
    expect(message(token(`${asked('host')}${suffix}`))).toEqual([]);
  });
});

describe('an import', () => {
  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('takes a field that is called %s', (field) => {
    const source = registry({ ...least }).replace(/^(\s+)auth_mode/m, `$1${field}: x\n$1auth_mode`);
    expect(importRegistry(source, []).records).toHaveLength(1);
  });

  test('of an alias has the fields of the entry that it names, and its own above them', () => {
    const source = registry({ ...least, body_format: 'json' }, { alias: 'acme', display_name: 'Acme Pro' });
    expect(importRegistry(source, ['acme-1']).records[0]).toMatchObject({
      ...{ id: 'acme-1', name: 'Acme Pro', token_request_format: 'json', issuer: 'https://acme.example' },
    });
  });

  test('without names takes every entry of the authorization code, and says why another one cannot be taken', () => {
    const source = registry(least, { ...least, auth_mode: 'API_KEY' }, least);
    expect(importRegistry(source, []).records.map(({ id }) => id)).toEqual(['acme', 'acme-2']);
    const { records, lines } = importRegistry(source, ['acme-1']);
    expect(records).toEqual([]);
    expect(lines[0]?.message).toContain('API_KEY');
    expect(() => importRegistry(source, ['nothing'])).toThrow('"nothing" is not in the file.');
  });

  test('makes a file that the hub starts with, also where entries share a server', () => {
    const other = { ...least, token_url: 'https://acme.example/other' };
    const { records } = importRegistry(registry(least, other), []);
    const env = { ACME_CLIENT_SECRET: 's', ACME_1_CLIENT_SECRET: 's' };
    const file = providersFileSchema({ appUrl: new URL('https://hub.example'), env }).parse(records);
    expect(buildCatalog({ builtin: {}, file }).list()).toHaveLength(2);
  });

  test('names our preset where there is one', () => {
    const source = JSON.stringify({ slack: least });
    expect(
      importRegistry(source, [])
        .lines.map(({ message }) => message)
        .join(),
    ).toContain('the preset "slack"');
  });
});

describe('what the registry does by code', () => {
  test.each(Object.entries(beyondTheFile))(
    'for %s is a record that the schema takes, or is named',
    (name, { lost }) => {
      const { records, lines } = importRegistry(JSON.stringify({ [name]: least }), [name]);
      expect(records).toHaveLength(1);
      const line = lines.find(({ field }) => field === '(code)');
      expect(line).toMatchObject(lost ? { kind: 'lost', part: 'exchange' } : { kind: 'changed' });
    },
  );

  test('is looked up by names of the table only', () => {
    const source = JSON.stringify({ constructor: least });
    expect(importRegistry(source, ['constructor']).lines.some(({ field }) => field === '(code)')).toBe(false);
  });
});

describe('a foreign file', () => {
  const laughs = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
    .split('')
    .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join()}]`)
    .join('\n')}`;
  test.each<[string, string, string]>([
    ['aliases that multiply', laughs, 'more than 100 uses of YAML aliases'],
    ['more than 8 MiB', `a: ${'x'.repeat(8 * 1024 * 1024)}`, 'larger than 8 MiB'],
    ['two entries of one name', 'a: 1\na: 2', 'not YAML: DUPLICATE_KEY in line 2'],
    ['no YAML', 'a: [', 'not YAML'],
    ['a list', '- a\n- b', 'its top has to be a mapping'],
    ['nothing', '', 'its top has to be a mapping'],
  ])('with %s is refused', (_, source, message) => {
    expect(() => readRegistry(source)).toThrow(message);
  });

  test('can name no types, and reach no prototype', () => {
    const source = `__proto__: { auth_mode: OAUTH2 }\nacme: !!js/function "() => 1"\nother: { auth_mode: OAUTH2, __proto__: { x: 1 } }`;
    const { entries } = readRegistry(source);
    expect([...entries.keys()]).not.toContain('acme');
    expect(({} as Record<string, unknown>).auth_mode).toBeUndefined();
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test('whose aliases lead in a circle, or nowhere, loses these entries only', () => {
    const { entries, faults } = readRegistry(registry({ alias: 'acme-1' }, { alias: 'acme' }, { alias: 'x' }, least));
    expect([...entries.keys()]).toEqual(['acme-3']);
    expect(faults.get('acme')).toContain('circle');
    expect(faults.get('acme-2')).toContain('"x" is not in the file');
  });
});
