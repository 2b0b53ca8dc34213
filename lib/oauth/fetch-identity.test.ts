import { describe, expect, test } from 'vitest';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import type { TokenSet } from '#lib/oauth/types';
import { google } from '#lib/providers/presets/google';
import { depsFor, pinnedOf, quirkyRecord } from '#tests/servers/quirky-provider';
import { type QuirkyServer, quirkyServer, type Reply } from '#tests/servers/quirky-server';

const tokens: TokenSet = {
  access_token: 'at-1',
  token_type: 'bearer',
  expires_in: null,
  refresh_token: null,
  refresh_token_expires_in: null,
  scopes: null,
  id_token_claims: null,
  extras: {},
};

async function identified(
  server: QuirkyServer,
  overrides: Record<string, unknown> = {},
  changes: Partial<TokenSet> = {},
) {
  const provider = quirkyRecord(server, overrides);
  return fetchIdentity(provider, pinnedOf(server), { ...tokens, ...changes }, depsFor(provider));
}

describe('who it is comes', () => {
  const claims = { sub: 's-1', email: 'ada@example.com', email_verified: true, name: 'Ada' };

  test('from the ID token without a request', async () => {
    const server = await quirkyServer();
    const found = await identified(server, { identity: { source: 'id_token' } }, { id_token_claims: claims });
    expect(found).toEqual({
      issuer: server.url,
      subject: 's-1',
      label: 'ada@example.com',
      email: 'ada@example.com',
      emailVerified: true,
      name: 'Ada',
      extras: {},
      missing: [],
      offered: [],
    });
    expect(server.seen).toHaveLength(0);
  });

  test('from userinfo where the ID token says too little, if it is about the same subject', async () => {
    const server = await quirkyServer();
    server.on('GET /userinfo', { json: claims });
    const identity = { source: 'id_token' };
    expect(await identified(server, { identity }, { id_token_claims: { sub: 's-1' } })).toMatchObject({
      email: 'ada@example.com',
    });
    expect(server.seen[0]?.headers.authorization).toBe('Bearer at-1');
    const other = identified(server, { identity }, { id_token_claims: { sub: 's-2' } });
    await expect(other).rejects.toMatchObject({ code: 'identity_invalid' });
  });

  test('by a token that travels in its header alone: neither in the address nor in a body', async () => {
    const server = await quirkyServer();
    server.on('GET /userinfo', { json: claims });
    await identified(server, { identity: { source: 'userinfo' } });
    server.on('POST /me', { json: { id: 'u1' } });
    const own = {
      source: 'endpoint',
      endpoint: `${server.url}/me`,
      method: 'POST',
      subject: 'id',
      body: { query: 'x' },
    };
    await identified(server, { identity: own });
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /userinfo', 'POST /me']);
    for (const { headers, ...others } of server.seen) {
      expect(headers.authorization).toBe('Bearer at-1');
      expect(JSON.stringify(others)).not.toContain('at-1');
    }
  });

  test('from an endpoint with numeric ids and a list of addresses, as at GitHub', async () => {
    const server = await quirkyServer();
    server.on('GET /user', { json: { id: 583_231, login: 'octocat', name: null } });
    server.on('GET /user/emails', {
      json: [
        { email: 'old@example.com', primary: false, verified: true },
        { email: 'octo@example.com', primary: true, verified: true },
      ],
    });
    const identity = {
      source: 'endpoint',
      endpoint: `${server.url}/user`,
      emails_endpoint: `${server.url}/user/emails`,
      subject: 'id',
      label: ['login'],
      headers: { accept: 'application/vnd.github+json' },
    };
    expect(await identified(server, { identity })).toMatchObject({
      subject: '583231',
      label: 'octocat',
      email: 'octo@example.com',
      emailVerified: true,
      name: null,
    });
    expect(server.seen[0]?.headers.accept).toBe('application/vnd.github+json');
  });

  test('without an address where the token may not read the list', async () => {
    const server = await quirkyServer();
    server.on('GET /user', { json: { id: 1, login: 'octocat' } });
    server.on('GET /user/emails', { status: 404, json: {} });
    const identity = {
      endpoint: `${server.url}/user`,
      emails_endpoint: `${server.url}/user/emails`,
      subject: 'id',
      label: ['login'],
    };
    expect(await identified(server, { identity })).toMatchObject({ email: null, emailVerified: false });
  });

  test('from a URL in the token answer, as at Salesforce, only where its hosts are listed', async () => {
    const server = await quirkyServer();
    server.on('GET /id/00D/005', { json: { id: 'https://login.example/id/00D/005', username: 'ada@acme.example' } });
    const identity = { source: 'endpoint', endpoint_field: 'id', subject: 'id', label: ['username'] };
    const extras = { id: `${server.url}/id/00D/005` };
    const found = await identified(server, { identity, url_field_hosts: { id: ['.login.example'] } }, { extras });
    expect(found).toMatchObject({ subject: 'https://login.example/id/00D/005', label: 'ada@acme.example' });
    await expect(identified(server, { identity }, { extras })).rejects.toMatchObject({ code: 'identity_invalid' });
  });

  test('from nested members and the token answer itself', async () => {
    const server = await quirkyServer();
    server.on('GET /me', { json: { data: { user: { gid: '42', mail: 'a@b.example' } } } });
    const nested = { endpoint: `${server.url}/me`, subject: 'data.user.gid', label: ['data.user.mail'] };
    expect(await identified(server, { identity: nested })).toMatchObject({ subject: '42', label: 'a@b.example' });
    const own = { source: 'token_answer', subject: 'bot_id', label: ['workspace'] };
    expect(await identified(server, { identity: own }, { extras: { bot_id: 'b-1', workspace: 'Acme' } })).toMatchObject(
      {
        subject: 'b-1',
        label: 'Acme',
      },
    );
  });

  test('under the record’s own issuer where it names one', async () => {
    const server = await quirkyServer();
    const identity = { source: 'id_token', issuer: 'https://stable.example' };
    const found = await identified(server, { identity }, { id_token_claims: claims });
    expect(found.issuer).toBe('https://stable.example');
  });
});

describe('an address', () => {
  test.each([
    [true, true],
    ['true', true],
    [false, false],
    ['false', false],
    [undefined, false],
    [1, false],
  ])('with email_verified %j is verified: %s', async (email_verified, expected) => {
    const server = await quirkyServer();
    const id_token_claims = { sub: 's', email: 'a@b.example', email_verified };
    const found = await identified(server, { identity: { source: 'id_token' } }, { id_token_claims });
    expect(found.emailVerified).toBe(expected);
  });
});

test.each([
  ['somebody@gmail.com', undefined, true],
  ['somebody@GMAIL.com', undefined, true],
  ['grace@example.com', 'example.com', true],
  ['grace@second.example', 'example.com', true],
  ['grace@example.com', undefined, false],
  ['grace@example.com', '', false],
  ['grace@notgmail.com', undefined, false],
  ['grace@gmail.com@example.com', undefined, false],
])('at Google only an address that it hosts counts as verified: %s of %s: %s', async (email, hd, counts) => {
  const server = await quirkyServer();
  const { identity = {} } = google.record(undefined);
  const id_token_claims = { sub: 's', email, email_verified: true, ...(hd === undefined ? {} : { hd }) };
  expect(await identified(server, { identity }, { id_token_claims })).toMatchObject({ email, emailVerified: counts });
});

test.each([
  ['cut to the longest there is', `${'x'.repeat(308)}@example.com.evil.example`],
  ['without its control characters', 'a\u0000da@example.com'],
  ['without its spaces', ' ada@example.com'],
])('an address that would be somebody else’s %s counts as none', async (_, email) => {
  const server = await quirkyServer();
  const id_token_claims = { sub: 's', email, email_verified: true };
  const found = await identified(server, { identity: { source: 'id_token' } }, { id_token_claims });
  expect(found).toMatchObject({ email: null, emailVerified: false });
});

describe('an identity is refused', () => {
  test.each<[string, Reply, object]>([
    ['without a subject', { json: { email: 'a@b.example' } }, { code: 'identity_invalid' }],
    ['with an object for a subject', { json: { sub: {} } }, { code: 'identity_invalid' }],
    ['with a subject that is a float', { json: { sub: 1.5 } }, { code: 'identity_invalid' }],
    ['with control characters in the subject', { json: { sub: 'a\nb' } }, { code: 'identity_invalid' }],
    ['with a subject of 300 characters', { json: { sub: 'x'.repeat(300) } }, { code: 'identity_invalid' }],
    ['from HTML', { text: '<html>' }, { code: 'identity_invalid' }],
    ['when the token is refused', { status: 401, json: {} }, { code: 'token_rejected' }],
    ['for now when the provider is down', { status: 502, text: '' }, { disposition: 'transient' }],
  ])('%s', async (_, reply, expected) => {
    const server = await quirkyServer();
    server.on('GET /userinfo', reply);
    await expect(identified(server, { identity: { source: 'userinfo' } })).rejects.toMatchObject(expected);
  });
});

test('a label keeps no control characters and is never empty', async () => {
  const server = await quirkyServer();
  server.on('GET /userinfo', { json: { sub: 's-1', email: '', name: 'A\u0000da\r\n' } });
  const named = await identified(server, { identity: { source: 'userinfo', label: ['email', 'name'] } });
  expect(named.label).toBe('Ada');
  const bare = await identified(server, { identity: { source: 'userinfo', label: ['nothing'] } });
  expect(bare.label).toBe('s-1');
});

test('look-ups after the exchange give the extras they name', async () => {
  const server = await quirkyServer();
  server.on('GET /userinfo', { json: { sub: 's-1' } });
  server.on('GET /resources', { json: { site: { id: 'cloud-7', url: 'https://acme.example' } } });
  const lookups = [{ endpoint: `${server.url}/resources`, fields: { cloud_id: 'site.id', absent: 'site.none' } }];
  const found = await identified(server, { identity: { source: 'userinfo' }, lookups });
  expect(found.extras).toEqual({ cloud_id: 'cloud-7' });
});
