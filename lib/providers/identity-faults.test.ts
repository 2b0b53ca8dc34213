import { describe, expect, test } from 'vitest';
import { providersFileSchema } from '#lib/config/provider-record';
import { buildCatalog } from '#lib/providers/catalog';
import { presets } from '#lib/providers/presets';

const appUrl = new URL('https://hub.example');
const least = { id: 'acme', name: 'Acme', issuer: 'https://as.example/common', client_id: 'c', client_secret: 's' };

function start(...entries: Record<string, unknown>[]): string {
  const file = providersFileSchema({ appUrl }).safeParse(entries.map((entry) => ({ ...least, ...entry })));
  if (!file.success) return file.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
  try {
    buildCatalog({ builtin: {}, file: file.data });
    return '';
  } catch (error) {
    return String((error as { faults?: string[] }).faults ?? error);
  }
}

const openid = { scopes: ['openid', 'email'] };
const tenant_issuer = { template: 'https://as.example/{tenant}/v2' };
const tenants = ['t-1'];

describe('P-23 a record may not leave out what carries it', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'no nonce without openid',
      { dangerously_without_nonce: true },
      'dangerously_without_nonce: needs the scope openid',
    ],
    ['no ID token without openid', { dangerously_without_id_token: true }, 'needs the scope openid'],
    [
      'the identity from an ID token that may be absent',
      { ...openid, dangerously_without_id_token: true, identity: { source: 'id_token' } },
      'cannot go with identity.source id_token',
    ],
    [
      'stepping up by an ID token that may be absent',
      { ...openid, sign_in: true, dangerously_without_id_token: true, step_up: 'auth_time' },
      'cannot go with step_up auth_time',
    ],
  ])('%s', (_, entry, fault) => {
    expect(start(entry)).toContain(fault);
  });
  test('else it may', () => {
    expect(start({ ...openid, dangerously_without_nonce: true, dangerously_without_id_token: true })).toBe('');
    const s256 = { code_challenge_methods_supported: ['S256'] };
    expect(start({ ...openid, sign_in: true, dangerously_without_nonce: true, ...s256 })).toBe('');
  });
});

describe('P-23 signing in with neither PKCE nor a nonce that must come', () => {
  const fault = 'dangerously_without_pkce: cannot go with sign_in';
  const preset = (name: string, fields: object = {}) => ({ id: undefined, issuer: undefined, preset: name, ...fields });
  const bare = { sign_in: true, dangerously_without_pkce: true };
  test.each<[string, Record<string, unknown>]>([
    ['no openid', { ...bare, scopes: ['profile'] }],
    ['no scopes at all', bare],
    ['openid for connecting only', { ...bare, ...openid, sign_in_scopes: ['email'] }],
    ['no nonce', { ...bare, ...openid, dangerously_without_nonce: true }],
    ['no ID token', { ...bare, ...openid, dangerously_without_id_token: true }],
    ['neither', { ...bare, ...openid, dangerously_without_nonce: true, dangerously_without_id_token: true }],
    ['by a provider that only signs people in', { ...bare, connect: false, sign_in_scopes: ['profile'] }],
    ['by the preset slack', preset('slack', { sign_in: true })],
    ['by the preset slack-user', preset('slack-user', { sign_in: true })],
    ['by the preset linkedin', preset('linkedin', { sign_in: true })],
    [
      'by the preset linkedin with a nonce, without openid',
      preset('linkedin', { sign_in: true, dangerously_without_nonce: false, scopes: ['profile', 'email'] }),
    ],
    [
      'by the preset linkedin with a nonce, in an ID token that may be absent',
      preset('linkedin', { sign_in: true, dangerously_without_nonce: false, dangerously_without_id_token: true }),
    ],
  ])('is refused: %s', (_, entry) => {
    expect(start(entry)).toContain(fault);
  });
  test.each<[string, Record<string, unknown>]>([
    ['with the nonce', { ...bare, ...openid }],
    ['with the nonce for signing in', { ...bare, scopes: ['read'], sign_in_scopes: ['openid'] }],
    ['with PKCE', { sign_in: true, scopes: ['profile'], code_challenge_methods_supported: ['S256'] }],
    ['only to connect', { dangerously_without_pkce: true, scopes: ['profile'] }],
    ['by linkedin with a nonce', preset('linkedin', { sign_in: true, dangerously_without_nonce: false })],
  ])('is taken %s', (_, entry) => {
    expect(start(entry)).toBe('');
  });
});

describe('signing in where nothing says that the server checks PKCE, and no nonce must come', () => {
  const fault = 'code_challenge_methods_supported: must say ["S256"] for sign_in';
  const preset = (name: string, fields: object = {}) => ({ id: undefined, issuer: undefined, preset: name, ...fields });
  const s256 = { code_challenge_methods_supported: ['S256'] };
  const bare = { sign_in: true, scopes: ['profile'] };
  const undocumented = Object.entries(presets).filter(([, { about }]) => about.pkce === 'undocumented');
  // Without a nonce, and without the parts of a server's name, which refuse signing in by themselves.
  const open = undocumented.filter(([, { record }]) => {
    const { sign_in_scopes = [], scopes = [], account_params, dangerously_without_nonce: unbound } = record();
    return !account_params && (unbound || ![...sign_in_scopes, ...scopes].includes('openid'));
  });
  test('is tried with several presets', () => expect(open.length).toBeGreaterThan(5));
  test.each<[string, Record<string, unknown>]>([
    ['by a record of its own', bare],
    ['without endpoints, which metadata says', { ...bare, discovery: 'oauth2' }],
    ['with openid for connecting only', { sign_in: true, ...openid, sign_in_scopes: ['email'] }],
    ['without the nonce', { sign_in: true, ...openid, dangerously_without_nonce: true }],
    ['with an ID token that may be absent', { sign_in: true, ...openid, dangerously_without_id_token: true }],
    ...open.map(([name]): [string, Record<string, unknown>] => [
      `by the preset ${name}`,
      preset(name, { sign_in: true }),
    ]),
    ['by the preset oidc for any server, without openid', { ...bare, preset: 'oidc', sign_in_scopes: ['email'] }],
  ])('is refused: %s', (_, entry) => {
    expect(start(entry)).toContain(fault);
    expect(start({ ...entry, ...s256 })).not.toContain(fault);
  });
  test.each<[string, Record<string, unknown>]>([
    ['with the nonce', { sign_in: true, ...openid }],
    ['by a preset that documents PKCE', preset('github', { sign_in: true })],
    ['only to connect', { scopes: ['profile'] }],
  ])('is taken %s', (_, entry) => {
    expect(start(entry)).toBe('');
  });
  test.each<[string, Record<string, unknown>, string]>([
    [
      'another method than S256',
      { code_challenge_methods_supported: ['plain'] },
      'code_challenge_methods_supported: must name S256',
    ],
    [
      'PKCE that is switched off',
      { ...s256, dangerously_without_pkce: true },
      'dangerously_without_pkce: cannot go with code_challenge_methods_supported',
    ],
  ])('a record may not say %s', (_, entry, words) => {
    expect(start(entry)).toContain(words);
  });
});

describe('entries of one issuer that sign people in share its subjects', () => {
  const one = { sign_in: true, ...openid };
  const other = (fields: Record<string, unknown>) => ({ id: 'other', ...one, ...fields });
  const entra = { preset: 'entra', issuer: undefined };
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['another key', one, other({ identity: { subject: 'preferred_username' } })],
    ['a key of several fields', one, other({ identity: { key: ['sub', 'company'] } })],
    [
      'the same fields in another order',
      { ...one, identity: { key: ['a', 'b'] } },
      other({ identity: { key: ['b', 'a'] } }),
    ],
    ['another source', one, other({ identity: { source: 'token_answer', subject: 'sub' } })],
    [
      'another key, although they are one server',
      { ...one, shares_issuer: true },
      other({ shares_issuer: true, identity: { subject: 'email' } }),
    ],
    [
      'another key under the issuer that both record',
      { ...one, identity: { issuer: 'https://who.example' }, shares_issuer: true },
      other({
        issuer: 'https://b.example',
        identity: { issuer: 'https://who.example', subject: 'email' },
        shares_issuer: true,
      }),
    ],
    [
      'another key for one tenant of all',
      { ...one, tenant_issuer },
      other({ issuer: 'https://as.example/t-1/v2', identity: { subject: 'email' } }),
    ],
    [
      'another key than that of the preset',
      { ...entra, id: 'a', sign_in: true },
      { ...entra, id: 'b', sign_in: true, identity: { key: ['email'] } },
    ],
  ])('refused: %s', (_, first, second) => {
    const faults = start(first, second);
    expect(faults).toMatch(/"acme", identity\.key: people of|"a", identity\.key: people of/);
    expect(faults).toMatch(/"other", identity\.key: people of|"b", identity\.key: people of/);
  });
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['the same key', one, other({})],
    ['the same key from userinfo, which tells of the same account', one, other({ identity: { source: 'userinfo' } })],
    ['one of them only connects', one, other({ sign_in: false, identity: { key: ['sub', 'company'] } })],
    ['each has an issuer of its own', one, other({ identity: { subject: 'email', issuer: 'https://other.example' } })],
  ])('taken: %s', (_, first, second) => {
    expect(start(first, second)).toBe('');
  });
});

describe('a field of the redirect, which the browser can edit, says of nobody who signs in', () => {
  const answered = { sign_in: true, identity: { source: 'token_answer', subject: 'user' } };
  const hosted = { claim: 'hd', domains: [] };
  test.each<[string, Record<string, unknown>, string]>([
    ['the subject', { ...answered, redirect_fields: ['user'] }, 'identity.key: "user" is among redirect_fields'],
    ['the subject of userinfo', { sign_in: true, redirect_fields: ['sub'] }, 'identity.key: "sub" is among'],
    [
      'a part of the key',
      { sign_in: true, identity: { key: ['sub', 'realmId'] }, redirect_fields: ['realmId'] },
      'identity.key: "realmId" is among',
    ],
    ['the address', { ...answered, redirect_fields: ['email'] }, 'identity.email: "email" is among'],
    [
      'that it is verified',
      { ...answered, redirect_fields: ['email_verified'] },
      'identity.email_verified: "email_verified" is among',
    ],
    [
      'that it is hosted',
      { sign_in: true, identity: { ...answered.identity, email_hosted: hosted }, redirect_fields: ['hd'] },
      'identity.email_hosted: "hd" is among',
    ],
    [
      'by the preset quickbooks',
      { id: undefined, issuer: undefined, preset: 'quickbooks', sign_in: true },
      'identity.key: "realmId" is among',
    ],
    [
      'where to ask, for connecting too',
      {
        identity: { source: 'endpoint', endpoint_field: 'id' },
        ...{ response_fields: ['id'], redirect_fields: ['id'], url_field_hosts: { id: ['as.example'] } },
      },
      'identity.endpoint_field: "id" is among redirect_fields',
    ],
  ])('%s', (_, entry, fault) => {
    expect(start(entry)).toContain(fault);
  });
  test('it may be kept, and tell the companies of a person apart', () => {
    expect(start({ sign_in: true, ...openid, redirect_fields: ['realmId'] })).toBe('');
    expect(start({ identity: { key: ['sub', 'realmId'] }, redirect_fields: ['realmId'] })).toBe('');
    const own = { preset: 'quickbooks', sign_in: true, connect: false, identity: { key: ['sub'] } };
    const s256 = { code_challenge_methods_supported: ['S256'] };
    expect(start({ id: undefined, issuer: undefined, ...own, ...s256 })).toBe('');
  });
});

describe('P-19 a record of which nothing says who somebody is', () => {
  const endpoints = {
    authorization_endpoint: 'https://as.example/authorize',
    token_endpoint: 'https://as.example/token',
    discovery: 'none',
  };
  const userinfo_endpoint = 'https://as.example/me';
  const fault = '"acme", userinfo_endpoint: is required for identity.source userinfo';
  test.each<[string, Record<string, unknown>]>([
    ['userinfo, written', { ...endpoints, identity: { source: 'userinfo' } }],
    ['userinfo, by default', endpoints],
    ['userinfo beside an ID token', { ...endpoints, ...openid, identity: { source: 'userinfo' } }],
  ])('is refused at the start: %s', (_, fields) => {
    expect(start(fields)).toContain(fault);
  });
  test.each<[string, Record<string, unknown>]>([
    ['with the endpoint', { ...endpoints, userinfo_endpoint, identity: { source: 'userinfo' } }],
    ['with metadata that may say it', { identity: { source: 'userinfo' } }],
    ['with another source', { ...endpoints, identity: { source: 'token_answer', subject: 'user.id' } }],
    ['with none, where the person names the account', { ...endpoints, identity: { source: 'none' } }],
  ])('is taken %s', (_, fields) => {
    expect(start(fields)).toBe('');
  });
});

describe('P-24 a template for issuers', () => {
  const of = (fields: Record<string, unknown>) => start({ ...openid, tenant_issuer, ...fields });
  test.each<[string, Record<string, unknown>, string]>([
    [
      'with trusted addresses of every tenant',
      { sign_in: true, trusted_email: true },
      'trusted_email: needs tenant_issuer.tenants',
    ],
    ['without openid', { scopes: ['read'] }, 'tenant_issuer: needs the scope openid'],
    ['without openid for signing in', { sign_in: true, sign_in_scopes: ['email'] }, 'needs the scope openid'],
    ['at another server', { tenant_issuer: { template: 'https://other.example/{tenant}' } }, 'at the origin of issuer'],
    ['with its part in the host', { tenant_issuer: { template: 'https://{tenant}.as.example/x' } }, 'in its path'],
    ['with two parts', { tenant_issuer: { template: 'https://as.example/{a}/{b}' } }, 'in its path'],
    ['with no part', { tenant_issuer: { template: 'https://as.example/v2' } }, 'in its path'],
    ['with one issuer for all', { identity: { issuer: 'https://as.example' } }, 'identity.issuer: cannot go'],
    [
      'without the token that names the tenant',
      { dangerously_without_id_token: true },
      'the ID token names the tenant',
    ],
    ['with a tenant that is a path', { tenant_issuer: { ...tenant_issuer, tenants: ['a/b'] } }, 'tenants.0'],
    ['with an empty list', { tenant_issuer: { ...tenant_issuer, tenants: [] } }, 'tenants'],
  ])('%s', (_, fields, fault) => {
    expect(of(fields)).toContain(fault);
  });
  test('is taken with a list, whose addresses may be trusted', () => {
    const listed = { ...tenant_issuer, tenants };
    expect(of({ tenant_issuer: listed, sign_in: true, trusted_email: true })).toBe('');
    expect(of({ sign_in: true })).toBe('');
  });

  test('A-19 claims the issuer of each tenant: another server under one of them is refused', () => {
    const many = { ...openid, tenant_issuer };
    const other = { id: 'corp', issuer: 'https://corp.example', identity: { issuer: 'https://as.example/t-1/v2' } };
    expect(start(many, other)).toContain('"corp", issuer');
    const written = { id: 'corp', issuer: 'https://as.example/t-1/v2', token_endpoint: 'https://evil.example/token' };
    expect(start(many, written)).toContain('"corp", issuer');
    // One tenant of the same server, by the metadata of that server.
    expect(start(many, { id: 'corp', issuer: 'https://as.example/t-1/v2' })).toBe('');
  });
  test('A-19 two metadata documents cannot speak for one issuer', () => {
    const identity = { issuer: 'https://one.example' };
    expect(start({ issuer: 'https://one.example' }, { id: 'b', issuer: 'https://two.example', identity })).toContain(
      '"b"',
    );
  });
});
