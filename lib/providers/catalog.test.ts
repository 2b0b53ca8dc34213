import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { providerRecordSchema } from '#lib/config/provider-record';
import { buildCatalog, type CatalogInput } from '#lib/providers/catalog';

const appUrl = new URL('https://hub.example');
const credentials = { client_id: 'client-1', client_secret: 'canary-secret' };
const five = ['google', 'github', 'salesforce', 'okta', 'auth0'];
const all: CatalogInput['builtin'] = {
  google: credentials,
  github: credentials,
  salesforce: { ...credentials, login_url: 'https://login.salesforce.com' },
  okta: { ...credentials, issuer: 'https://acme.okta.com/oauth2/default' },
  auth0: { ...credentials, issuer: 'https://acme.eu.auth0.com/' },
};

function catalogOf(builtin: CatalogInput['builtin'], ...entries: Record<string, unknown>[]) {
  const file = entries.map((entry) =>
    providerRecordSchema({ appUrl }).parse({ id: 'extra', name: 'Extra', ...credentials, ...entry }),
  );
  return buildCatalog({ builtin, file });
}

/** One record of a catalogue; the test fails where there is none. */
function recordOf(catalog: ReturnType<typeof catalogOf>, id: string) {
  const record = catalog.get(id);
  if (!record) throw new Error(`no provider ${id}`);
  return record;
}

describe('the catalogue', () => {
  test('holds what is configured, in order', () => {
    expect(catalogOf({}).list()).toEqual([]);
    expect(
      catalogOf(all)
        .list()
        .map(({ id }) => id),
    ).toEqual(five);
    expect(
      catalogOf({ okta: all.okta ?? { ...credentials, issuer: '' } })
        .list()
        .map(({ name }) => name),
    ).toEqual(['Okta']);
  });

  test('knows a record by its id, and no other', () => {
    expect(recordOf(catalogOf(all), 'google').name).toBe('Google');
    expect(catalogOf(all).get('__proto__')).toBeUndefined();
  });

  test('cannot be changed through what it hands out', () => {
    const catalog = catalogOf(all);
    const google = recordOf(catalog, 'google');
    expect(Object.isFrozen(google) && Object.isFrozen(google.revoke) && Object.isFrozen(google.scopes)).toBe(true);
    catalog.list().pop();
    expect(catalog.list()).toHaveLength(5);
  });

  test('shows no secret however it is printed', () => {
    const catalog = catalogOf(all);
    expect(
      JSON.stringify(catalog.list()) +
        inspect(catalog.list(), { depth: 9, showHidden: true }) +
        String(catalog.get('okta')?.client_secret),
    ).not.toContain('canary-secret');
    expect(recordOf(catalog, 'okta').client_secret?.reveal()).toBe('canary-secret');
  });

  test('lets people sign in through the built-in ones that can vouch for an address, and through an entry only when it says so', () => {
    const catalog = catalogOf(
      all,
      { preset: 'google' },
      { id: 'corp', preset: 'oidc', issuer: 'https://corp.example', sign_in: true },
    );
    expect(catalog.signIn().map(({ id }) => id)).toEqual(['google', 'github', 'okta', 'auth0', 'corp']);
    expect(recordOf(catalog, 'corp').trusted_email).toBe(false);
  });

  test('counts as written by the operator only what the operator wrote', () => {
    const catalog = catalogOf(
      { google: credentials, okta: { ...credentials, issuer: 'https://idp.internal:8443/oauth2/default' } },
      {
        issuer: 'https://{shop}.shops.example',
        token_endpoint: 'https://token.internal/{shop}',
        url_field_hosts: { instance_url: ['.learnt.example', 'node.internal:9000'] },
        account_params: [{ name: 'shop', label: 'Shop', pattern: '^[a-z]+$', example: 'acme' }],
      },
    );
    const hosts = catalog.list().map(({ id, operator_hosts }) => [id, [...operator_hosts]]);
    expect(Object.fromEntries(hosts)).toEqual({
      google: [],
      okta: ['idp.internal:8443'],
      extra: ['token.internal:443', 'node.internal:9000'],
    });
  });
});

describe('a preset', () => {
  const read = { read: ['openid', 'email'] };

  test.each(five)('for %s describes every scope it asks for in words', (id) => {
    const { scopes, sign_in_scopes, scope_descriptions } = recordOf(catalogOf(all), id);
    for (const scope of [...scopes, ...sign_in_scopes]) expect(scope_descriptions[scope]).toMatch(/^[A-Z]/);
  });

  test('has no words for a scope that is a member of every object', () => {
    for (const { scope_descriptions } of catalogOf(all).list()) {
      for (const scope of ['constructor', 'toString', '__proto__']) expect(scope_descriptions[scope]).toBeUndefined();
    }
  });

  test('asks for these scopes and no more', () => {
    expect(
      Object.fromEntries(
        catalogOf(all)
          .list()
          .map(({ id, scopes, sign_in_scopes }) => [id, { scopes, sign_in_scopes }]),
      ),
    ).toEqual({
      google: { scopes: ['openid', 'email', 'profile'], sign_in_scopes: ['openid', 'email', 'profile'] },
      github: { scopes: ['read:user', 'user:email', 'offline_access'], sign_in_scopes: ['read:user', 'user:email'] },
      salesforce: {
        scopes: ['openid', 'id', 'api', 'refresh_token'],
        sign_in_scopes: ['openid', 'id', 'email', 'profile'],
      },
      okta: {
        scopes: ['openid', 'profile', 'email', 'offline_access'],
        sign_in_scopes: ['openid', 'profile', 'email'],
      },
      auth0: {
        scopes: ['openid', 'profile', 'email', 'offline_access'],
        sign_in_scopes: ['openid', 'profile', 'email'],
      },
    });
  });

  test('takes its behaviour to other endpoints, and leaves its own behind', () => {
    const google = recordOf(catalogOf({}, { preset: 'google', issuer: 'https://sim.example' }), 'extra');
    expect(google).toMatchObject({ discovery: 'oidc', token_endpoint: null, jwks_uri: null });
    expect(google.authorization_params).toEqual({ access_type: 'offline', prompt: 'consent' });
    expect(JSON.stringify(google)).not.toContain('googleapis.com/token');
  });

  test('is overridden field by field, and inside revoke, identity and scope_descriptions too', () => {
    const overrides = {
      scopes: read.read,
      revoke: { manual_url: 'https://x.example' },
      identity: { label: ['sub'] },
      scope_descriptions: { openid: 'Ours' },
    };
    const record = recordOf(catalogOf({}, { preset: 'google', ...overrides }), 'extra');
    expect(record.scopes).toEqual(read.read);
    expect(record.revoke).toMatchObject({ blast_radius: 'account', auth: 'none', manual_url: 'https://x.example' });
    expect(record.identity).toMatchObject({ source: 'id_token', label: ['sub'] });
    expect(record.scope_descriptions).toMatchObject({ openid: 'Ours', email: 'See the e-mail address' });
  });

  test('is not needed for words for the scopes of OpenID Connect, where the entry asks for openid', () => {
    const endpoints = { issuer: 'https://as.example' };
    const words = (scopes: string[], more = {}) =>
      recordOf(catalogOf({}, { ...endpoints, scopes, ...more }), 'extra').scope_descriptions;
    expect(words(['openid', 'email'])).toMatchObject({ email: 'See the e-mail address' });
    expect(words(['openid', 'email'], { scope_descriptions: { email: 'Ours' } })).toMatchObject({ email: 'Ours' });
    expect(words(['email'])).toEqual({});
  });

  test.each([
    [undefined, 'https://github.com/login/oauth/access_token', 'https://api.github.com/user'],
    [
      'https://git.corp.example',
      'https://git.corp.example/login/oauth/access_token',
      'https://git.corp.example/api/v3/user',
    ],
    ['https://acme.ghe.com/', 'https://acme.ghe.com/login/oauth/access_token', 'https://api.acme.ghe.com/user'],
  ])('for GitHub at %s knows its endpoints', (url, token_endpoint, user) => {
    const github = recordOf(catalogOf({ github: { ...credentials, ...(url ? { url } : {}) } }), 'github');
    expect(github).toMatchObject({ token_endpoint, identity: { endpoint: user, emails_endpoint: `${user}/emails` } });
    expect(github.scopes.includes('offline_access')).toBe(url === undefined);
  });
});

test('an entry with both endpoints needs no metadata; one without asks for it', () => {
  const issuer = 'https://as.example';
  const endpoints = {
    authorization_endpoint: `${issuer}/a`,
    token_endpoint: `${issuer}/t`,
    userinfo_endpoint: `${issuer}/me`,
  };
  expect(recordOf(catalogOf({}, { issuer, ...endpoints }), 'extra').discovery).toBe('none');
  expect(recordOf(catalogOf({}, { issuer }), 'extra').discovery).toBe('oidc');
  expect(recordOf(catalogOf({}, { issuer, ...endpoints, discovery: 'oauth2' }), 'extra').discovery).toBe('oauth2');
});
