import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { providerRecordSchema, providersFileSchema } from '#lib/config/provider-record';

const appUrl = new URL('https://hub.example');
const least = { id: 'acme', name: 'Acme', issuer: 'https://as.example', client_id: 'c', client_secret: 's' };

/** The faults of an entry, as `field: message`. */
function faults(
  overrides: Record<string, unknown>,
  context: Parameters<typeof providerRecordSchema>[0] = { appUrl },
): string[] {
  const parsed = providerRecordSchema(context).safeParse({ ...least, ...overrides });
  return parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

test('the least entry is enough', () => {
  expect(faults({})).toEqual([]);
});

const shop = { name: 'shop', label: 'Shop', pattern: '^[a-z]+$', example: 'acme' };
const url = 'https://{shop}.as.example/x';
const every = {
  preset: 'oidc',
  authorization_endpoint: url,
  token_endpoint: url,
  revocation_endpoint: 'https://as.example/{client_id}',
  introspection_endpoint: url,
  pushed_authorization_request_endpoint: url,
  require_pushed_authorization_requests: false,
  userinfo_endpoint: url,
  jwks_uri: url,
  authorization_response_iss_parameter_supported: true,
  id_token_signing_alg_values_supported: ['ES256'],
  discovery: 'oauth2',
  client_private_key: 'pem',
  client_key_id: 'k',
  client_key_alg: 'PS256',
  token_endpoint_auth_method: 'private_key_jwt',
  basic_encoding: 'raw',
  scopes: ['a', 'https://as.example/scope'],
  sign_in_scopes: ['openid'],
  scope_sep_out: ',',
  scope_sep_in: '+',
  absent_scope: 'unknown',
  scope_descriptions: { a: 'See a' },
  authorization_params: { access_type: 'offline', response_mode: 'query' },
  account_params: [shop],
  iss_policy: 'required',
  redirect_fields: ['realmId'],
  dangerously_without_pkce: true,
  dangerously_without_nonce: true,
  dangerously_without_id_token: true,
  tenant_issuer: { template: 'https://as.example/{tenant}', claim: 'tid', tenants: ['t-1'] },
  authorization_param_names: { client_id: 'app_id', response_type: null },
  authorization_params_in: 'fragment',
  another_account_params: { prompt: 'select_account' },
  login_hint: { param: 'login', value: 'label' },
  code_field: 'auth_code',
  redirect_parts: [{ name: 'dc', field: 'location', values: { us: 'com', eu: 'eu' }, initial: 'com' }],
  token_param_names: { client_id: 'app_id', client_secret: 'secret', grant_type: null },
  token_headers: { 'x-version': '3', 'x-api-key': { env: 'ACME_API_KEY' } },
  dangerously_token_request_in_query: 'POST',
  token_upgrade: { endpoint: url, token_param: 'access_token', client_params: ['client_secret'] },
  token_params: { audience: 'x', resource: ['https://a.example', 'https://b.example'] },
  token_request_format: 'form',
  accept_json: false,
  error_in_200: true,
  token_path: 'authed_user.access_token',
  response_fields: ['team.id'],
  url_field_hosts: { instance_url: ['.as.example', 'one.example:8443', 'two.example'] },
  expires_default: 3600,
  expiry_probe: 'introspect',
  refresh_endpoint: url,
  refresh_params: { x: 'y' },
  rotation: { leeway_s: 30 },
  idle_keepalive_days: 25,
  max_grants: 5,
  dead_codes: ['invalid_grant'],
  revoke: {
    style: 'delete_json',
    token_kind: 'both',
    auth: 'basic',
    blast_radius: 'account',
    gone_codes: ['invalid_token'],
    manual_url: 'https://as.example/apps',
  },
  identity: {
    source: 'endpoint',
    endpoint: url,
    endpoint_field: 'id',
    issuer: 'stable',
    subject: 'id',
    label: ['a.b'],
    email: 'e',
    email_verified: 'v',
    email_hosted: { claim: 'hd', domains: ['as.example'] },
    name: 'n',
    emails_endpoint: url,
    headers: { accept: 'x' },
  },
  lookups: [{ endpoint: url, fields: { cloud_id: 'a.b' }, headers: { x: 'y' } }],
  push_signal: 'webhook',
  // With account_params people may not sign in.
  sign_in: false,
  trusted_email: true,
  step_up: 'session_only',
};

test('an entry may use every field there is', () => {
  expect(faults(every, { appUrl, env: { ACME_API_KEY: 's' } })).toEqual([]);
});

test('nobody signs in at a server that they name themselves', () => {
  const issuer = 'https://{shop}.as.example';
  expect(faults({ issuer, account_params: [shop] })).toEqual([]);
  expect(faults({ issuer, account_params: [shop], sign_in: true }).join()).toMatch(/^sign_in: .*account_params/);
  expect(faults({ account_params: [], sign_in: true })).toEqual([]);
});

describe('docs/providers.md', () => {
  const page = readFileSync(new URL('../../docs/providers.md', import.meta.url), 'utf8');

  test('explains every field', () => {
    const nested = (name: 'identity' | 'revoke') => Object.keys(every[name]).map((field) => `${name}.${field}`);
    const plain = Object.keys(every).filter((field) => field !== 'identity' && field !== 'revoke');
    const fields = [
      ...plain,
      ...nested('identity'),
      ...nested('revoke'),
      'client_secret_env',
      'client_secret_previous_env',
      'client_private_key_env',
      'token_renewal',
    ];
    expect(fields.filter((field) => !page.includes(`| \`${field}\` |`))).toEqual([]);
  });

  test('has examples that are taken', () => {
    const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => JSON.parse(match[1] ?? ''));
    expect(examples.length).toBeGreaterThan(5);
    const names = [...page.matchAll(/"(?:client_secret_env|env)": "(\w+)"/g)].map((match) => match[1] ?? '');
    const context = { appUrl, env: Object.fromEntries(names.map((name) => [name, 's'])) };
    for (const example of examples) expect(providersFileSchema(context).parse(example)).toHaveLength(1);
  });
});

describe('a field that nobody knows is named', () => {
  test.each([
    [{ client_secrets: 'x' }, 'client_secrets'],
    [{ revoke: { styles: 'x' } }, 'styles'],
    [{ identity: { subjekt: 'x' } }, 'subjekt'],
    [{ account_params: [{ name: 'a', label: 'A', pattern: '^a$', example: 'a', extra: 1 }] }, 'extra'],
  ])('%j', (overrides, name) => {
    expect(faults(overrides).join()).toContain(`"${name}"`);
  });
});

describe('an endpoint', () => {
  test.each([
    'http://as.example/token',
    'http://localhost:4000/token',
    'ftp://as.example/',
    'https://169.254.169.254/token',
    'https://[fe80::1]/token',
    'https://metadata.google.internal/token',
    'https://user:pass@as.example/token',
    'https://as.example/token#part',
    '/token',
    '',
    'javascript:alert(1)',
  ])('%j is refused', (token_endpoint) => {
    expect(faults({ token_endpoint })).toEqual([expect.stringMatching(/^token_endpoint: /)]);
  });

  test.each(['https://10.1.2.3/token', 'https://idp.internal:8443/token', 'https://as.example/token?x=1'])(
    '%j is taken',
    (token_endpoint) => {
      expect(faults({ token_endpoint })).toEqual([]);
    },
  );

  test('may be plain http on loopback exactly while the hub is on loopback', () => {
    const local = { appUrl: new URL('http://localhost:3000') };
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'as.localhost']) {
      expect(faults({ token_endpoint: `http://${host}:4000/token` }, local)).toEqual([]);
      expect(faults({ token_endpoint: `http://${host}:4000/token` })).toHaveLength(1);
    }
    expect(faults({ token_endpoint: 'http://10.0.0.1/token' }, local)).toHaveLength(1);
  });

  test.each(['https://{Shop}.example/', 'https://as.example/{a b}', 'https://as.example/}'])(
    '%j is no template',
    (token_endpoint) => {
      expect(faults({ token_endpoint })).toEqual(['token_endpoint: must be an absolute URL']);
    },
  );

  test('with a part that nobody describes is refused', () => {
    expect(faults({ token_endpoint: 'https://{shop}.example/token' })).toEqual([
      'token_endpoint: {shop} is not among account_params',
    ]);
  });
});

describe('an account’s part', () => {
  const part = { name: 'shop', label: 'Shop', pattern: '^[a-z]+$', example: 'acme' };
  test.each([
    [{ pattern: '[a-z]+' }, 'must be anchored'],
    [{ pattern: '^[a-z+$' }, 'is not a regular expression'],
    [{ example: 'ACME' }, 'does not match its pattern'],
    [{ example: 'a/b' }, 'account_params.0.example'],
    [{ name: 'Shop Name' }, 'account_params.0.name'],
  ])('with %j is refused', (change, message) => {
    expect(faults({ account_params: [{ ...part, ...change }] }).join()).toContain(message);
  });
});

describe('parameters', () => {
  test.each([
    'client_id',
    'redirect_uri',
    'state',
    'nonce',
    'code_challenge',
    'code_challenge_method',
    'response_type',
    'scope',
    'request',
  ])('of an authorization request cannot set %s, which the protocol sets', (name) => {
    expect(faults({ authorization_params: { [name]: 'x' } })).toHaveLength(1);
  });

  test.each([
    ...['client_id', 'client_secret', 'redirect_uri', 'grant_type', 'code', 'code_verifier', 'refresh_token'],
    ...['client_assertion', 'client_assertion_type'],
  ])('of a token request cannot set %s, which the protocol sets', (name) => {
    expect(faults({ token_params: { [name]: 'x' } })).toHaveLength(1);
    // A refresh has no redirect URI (RFC 6749 §6), and some servers want it.
    expect(faults({ refresh_params: { [name]: 'x' } })).toHaveLength(name === 'redirect_uri' ? 0 : 1);
  });

  test.each(['form_post', 'fragment', 'jwt'])('cannot ask for response_mode %s', (response_mode) => {
    expect(faults({ authorization_params: { response_mode } })).toHaveLength(1);
  });
});

describe('credentials', () => {
  test('come from the variable that client_secret_env names', () => {
    const parsed = providerRecordSchema({ appUrl, env: { ACME_SECRET: 'from-env' } }).parse({
      ...least,
      client_secret: undefined,
      client_secret_env: 'ACME_SECRET',
    });
    expect(parsed).toMatchObject({ client_secret: 'from-env' });
    expect(parsed).not.toHaveProperty('client_secret_env');
  });

  test.each([
    [{ client_secret: undefined }, 'client_secret: is required'],
    [{ client_secret: undefined, client_secret_env: 'ABSENT' }, 'the variable ABSENT is not set'],
    [{ client_secret_env: 'ABSENT' }, 'give either this or client_secret_env'],
    [{ client_secret_previous: least.client_secret }, 'is the same as client_secret'],
    [{ client_secret_previous_env: 'ABSENT' }, 'the variable ABSENT is not set'],
    [
      { token_endpoint_auth_method: 'none', client_secret: undefined, client_secret_previous: 'old' },
      'needs a client_secret beside it',
    ],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'client_private_key: is required'],
    [{ token_endpoint_auth_method: 'tls_client_auth' }, 'token_endpoint_auth_method'],
    [{ token_endpoint_auth_method: 'client_secret_jwt', client_secret_previous: 'old' }, 'client_secret_previous'],
    [
      { require_pushed_authorization_requests: true, authorization_params_in: 'fragment' },
      'require_pushed_authorization_requests',
    ],
    [{ token_endpoint_auth_method: 'none', dangerously_without_pkce: true }, 'cannot go without PKCE'],
  ])('with %j are refused', (overrides, message) => {
    expect(faults(overrides).join()).toContain(message);
  });

  test('may be absent for a public client', () => {
    expect(faults({ client_secret: undefined, token_endpoint_auth_method: 'none' })).toEqual([]);
  });
});

test('an issuer is required unless the preset knows its own', () => {
  for (const preset of [undefined, 'oidc', 'okta', 'auth0'])
    expect(faults({ issuer: undefined, preset })).toEqual(['issuer: is required']);
  for (const preset of ['google', 'github', 'salesforce']) expect(faults({ issuer: undefined, preset })).toEqual([]);
});

test('a file names every fault at once, and an id that is used twice', () => {
  const parsed = providersFileSchema({ appUrl }).safeParse([least, { ...least, name: '' }, { ...least, id: 'B' }]);
  expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual(['1.name', '2.id', '1.id']);
  const twice = providersFileSchema({ appUrl }).safeParse([least, least]);
  expect(twice.error?.issues.map(({ path }) => path.join('.'))).toEqual(['1.id']);
});
