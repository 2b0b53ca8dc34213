import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import type { TokenSet } from '#lib/oauth/types';
import { idTokenSigner } from '#tests/servers/id-tokens';
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
type Fields = Record<string, unknown>;

function identified(server: QuirkyServer, fields: Fields, changes: Partial<TokenSet> = {}) {
  const provider = quirkyRecord(server, fields);
  return fetchIdentity(provider, pinnedOf(server), { ...tokens, ...changes }, depsFor(provider));
}

describe('P-19 a proved ID token is enough, whatever userinfo says', () => {
  const proved = { id_token_claims: { sub: 's-1', preferred_username: 'ada' } };
  test.each<[string, Reply]>([
    ['401', { status: 401, json: { error: 'invalid_token' } }],
    ['403', { status: 403, json: {} }],
    ['404', { status: 404, text: 'Not Found' }],
    ['429', { status: 429, json: {} }],
    ['503', { status: 503, text: 'down' }],
    ['HTML', { text: '<html></html>' }],
    ['nothing', { text: '' }],
    ['a JWT whose keys are not there', { text: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzLTEifQ.AAAA' }],
    ['a cut connection', { raw: (response) => response.destroy() }],
  ])('%s', async (_, reply) => {
    const server = await quirkyServer();
    server.on('GET /userinfo', reply);
    const found = await identified(server, { identity: { source: 'id_token' } }, proved);
    expect(found).toMatchObject({
      issuer: server.url,
      subject: 's-1',
      label: 'ada',
      email: null,
      emailVerified: false,
    });
  });

  test('userinfo about somebody else is still refused', async () => {
    const server = await quirkyServer();
    server.on('GET /userinfo', { json: { sub: 's-2', email: 'eve@example.com' } });
    const found = identified(server, { identity: { source: 'id_token' } }, proved);
    await expect(found).rejects.toMatchObject({ code: 'identity_invalid' });
  });

  test('without an ID token a refusal is a refusal', async () => {
    const server = await quirkyServer();
    server.on('GET /userinfo', { status: 401, json: {} });
    await expect(identified(server, { identity: { source: 'userinfo' } })).rejects.toMatchObject({
      code: 'token_rejected',
    });
  });

  test('a signed answer is verified by the keys of the server', async () => {
    const server = await quirkyServer();
    const signer = await idTokenSigner(server);
    const answer = async (claims: Fields, header = {}) => {
      const text = await signer.sign({ sub: 's-1', name: 'Ada', ...claims }, header);
      server.on('GET /userinfo', { text, headers: { 'content-type': 'application/jwt' } });
      return identified(server, { identity: { source: 'userinfo' } });
    };
    expect(await answer({})).toMatchObject({ subject: 's-1', name: 'Ada' });
    expect(await answer({ iss: undefined, aud: undefined, exp: undefined })).toMatchObject({ subject: 's-1' });
    for (const claims of [{ iss: 'https://evil.example' }, { aud: 'another-client' }, { exp: 1_000_000_000 }])
      await expect(answer(claims)).rejects.toMatchObject({ code: 'identity_invalid' });
    for (const alg of ['none', 'HS256'])
      await expect(answer({}, { alg })).rejects.toMatchObject({ code: 'identity_invalid' });
    await expect(answer({}, { kid: 'unknown' })).rejects.toMatchObject({ code: 'identity_invalid' });
  });
});

describe('P-20 look-ups', () => {
  const fields = (server: QuirkyServer, more: Fields = {}) => ({
    identity: { source: 'userinfo' },
    lookups: [{ endpoint: `${server.url}/sites`, fields: { site_id: '0.id', site_url: '0.url' }, ...more }],
  });
  async function withSites(reply: Reply, more: Fields = {}) {
    const server = await quirkyServer();
    server.on('GET /userinfo', { json: { sub: 's-1' } });
    server.on('GET /sites', reply);
    server.on('POST /sites', reply);
    return { server, found: await identified(server, fields(server, more)) };
  }
  test('read a list by number', async () => {
    const { found } = await withSites({ json: [{ id: 'a1', url: 'https://x.example' }, { id: 'b2' }] });
    expect(found).toMatchObject({ extras: { site_id: 'a1', site_url: 'https://x.example' }, missing: [] });
  });
  test.each<[string, Reply]>([
    ['an empty list', { json: [] }],
    ['401', { status: 401, json: {} }],
    ['403', { status: 403, json: {} }],
    ['503', { status: 503, text: '' }],
    ['HTML', { text: '<html>' }],
    ['a number', { json: 4 }],
  ])('that find nothing (%s) cost nothing but what they would have said', async (_, reply) => {
    const { found } = await withSites(reply);
    expect(found).toMatchObject({ subject: 's-1', extras: {}, missing: ['extras.site_id', 'extras.site_url'] });
  });
  test('keep numbers that JavaScript would round', async () => {
    const { found } = await withSites({ text: '[{"id":24601234567890123,"url":"u"}]' });
    expect(found.extras.site_id).toBe('24601234567890123');
  });
});

describe('P-21 several fields make the account', () => {
  const record = { identity: { source: 'userinfo', key: ['sub', 'realmId'] }, redirect_fields: ['realmId'] };
  const subjectOf = async (sub: string, realmId: string) => {
    const server = await quirkyServer();
    server.on('GET /userinfo', { json: { sub } });
    return (await identified(server, record, { extras: { realmId } })).subject;
  };
  test('one person in two companies has two accounts', async () => {
    expect(await subjectOf('s-1', '111')).not.toBe(await subjectOf('s-1', '222'));
    expect(await subjectOf('s-1', '111')).toBe(await subjectOf('s-1', '111'));
  });
  test('no two lists of fields make the same account', async () => {
    expect(await subjectOf('a/b', 'c')).not.toBe(await subjectOf('a', 'b/c'));
  });
  test('a missing field is no account', async () => {
    const server = await quirkyServer();
    server.on('GET /userinfo', { json: { sub: 's-1' } });
    await expect(identified(server, record)).rejects.toMatchObject({ code: 'identity_invalid' });
  });
});

describe('a field of the redirect, which a person edits in the address bar', () => {
  const edited = { email: 'grace@acme.example', email_verified: 'true', hd: 'acme.example', name: 'Grace' };
  const redirect_fields = [...Object.keys(edited), 'account'];
  const email_hosted = { claim: 'hd', domains: [] };
  const told = async (identity: Fields, answer: Fields, more: Fields = {}) => {
    const server = await quirkyServer();
    server.on('GET /userinfo', { json: answer });
    const extras = { ...edited, account: 'a-1', ...more };
    const record = { identity: { ...identity, label: ['name', 'sub'] }, redirect_fields };
    return identified(server, record, { answer, extras });
  };
  test.each([{ source: 'token_answer' }, { source: 'userinfo' }])('is no address and no name: %j', async (source) => {
    const found = await told({ ...source, email_hosted }, { sub: 's-1' });
    expect(found).toMatchObject({ subject: 's-1', label: 's-1', email: null, emailVerified: false, name: null });
  });
  test.each([{ source: 'token_answer' }, { source: 'userinfo' }])('vouches for no address: %j', async (source) => {
    const found = await told(source, { sub: 's-1', email: 'ada@acme.example' });
    expect(found).toMatchObject({ email: 'ada@acme.example', emailVerified: false });
    const hosted = await told({ ...source, email_hosted }, { sub: 's-1', email: 'a@b.example', email_verified: true });
    expect(hosted.emailVerified).toBe(false);
  });
  test('tells accounts apart', async () => {
    const found = await told({ source: 'token_answer', key: ['sub', 'account'] }, { sub: 's-1' });
    expect(found.subject).toBe('s-1/a-1');
    expect((await told({ source: 'token_answer', subject: 'account' }, {})).subject).toBe('a-1');
  });
});

describe('P-22 other ways to ask who it is', () => {
  test('by a GraphQL query', async () => {
    const server = await quirkyServer();
    server.on('POST /graphql', { json: { data: { me: { id: 7, name: 'Ada' } } } });
    const identity = {
      source: 'endpoint',
      endpoint: `${server.url}/graphql`,
      body: { query: '{ me { id name } }' },
      subject: 'data.me.id',
      label: ['data.me.name'],
    };
    expect(await identified(server, { identity })).toMatchObject({ subject: '7', label: 'Ada' });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({ query: '{ me { id name } }' });
  });
  test('by a POST without a body, with the token in another header', async () => {
    const server = await quirkyServer();
    server.on('POST /me', { json: { account_id: 'dbid:1' } });
    const identity = {
      source: 'endpoint',
      endpoint: `${server.url}/me`,
      method: 'POST',
      subject: 'account_id',
      token_header: { name: 'X-Access-Token' },
    };
    expect(await identified(server, { identity })).toMatchObject({ subject: 'dbid:1' });
    expect(server.seen[0]?.headers).toMatchObject({ 'x-access-token': 'at-1' });
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });
  test('with another word before the token', async () => {
    const server = await quirkyServer();
    server.on('GET /me', { json: { id: 'u1' } });
    const identity = {
      source: 'endpoint',
      endpoint: `${server.url}/me`,
      subject: 'id',
      token_header: { name: 'Authorization', prefix: 'OAuth ' },
    };
    await identified(server, { identity });
    expect(server.seen[0]?.headers.authorization).toBe('OAuth at-1');
  });
  const inForm = { token_param: 'access_token' };
  const inQuery = { token_param: 'oauth_token', dangerously_by_get: true };
  const places: [string, Record<string, unknown>, string, Record<string, string>, string][] = [
    ['in a form (RFC 6750 §2.2)', inForm, 'POST', {}, 'access_token=at-1'],
    ['in the query (RFC 6750 §2.3)', inQuery, 'GET', { v: '2', oauth_token: 'at-1' }, ''],
  ];
  test.each(places)('with the token %s, and in no header', async (_, place, method, query, body) => {
    for (const source of ['endpoint', 'userinfo']) {
      const server = await quirkyServer();
      const urls: URL[] = [];
      server.on(`${method} /${source === 'userinfo' ? 'userinfo' : 'me'}`, { json: { sub: 'u1' } });
      const endpoint = source === 'endpoint' ? { endpoint: `${server.url}/me?v=2` } : {};
      const record = quirkyRecord(server, { identity: { source, ...endpoint, ...place } });
      const deps = depsFor(record);
      const fetch: typeof deps.fetch = (input, init) => {
        urls.push(new URL(input instanceof Request ? input.url : input));
        return deps.fetch(input, init);
      };
      await fetchIdentity(record, pinnedOf(server), tokens, { ...deps, fetch });
      expect(server.seen[0]).toMatchObject({ method, body });
      expect(server.seen[0]?.headers.authorization).toBeUndefined();
      if (source === 'endpoint') expect(Object.fromEntries(urls[0]?.searchParams ?? [])).toMatchObject(query);
    }
  });
  test.each<[string, Reply]>([
    ['a cut connection', { raw: (response) => response.destroy() }],
    ['a refusal', { status: 401, json: { error: 'invalid_token', error_description: 'of oauth_token=at-secret-1' } }],
    ['a redirect', { status: 302, headers: { location: '/me?oauth_token=at-secret-1' }, text: '' }],
    ['no JSON', { text: 'oauth_token=at-secret-1 is unknown' }],
  ])('a token in the query is in no error after %s', async (_, reply) => {
    const server = await quirkyServer();
    server.on('GET /me', reply);
    const identity = { source: 'endpoint', endpoint: `${server.url}/me`, subject: 'id', ...inQuery };
    const error: unknown = await identified(server, { identity }, { access_token: 'at-secret-1' }).catch((e) => e);
    expect(error).toMatchObject({ name: 'OAuthError' });
    expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain('at-secret-1');
    expect(server.seen).toHaveLength(1);
  });
  test('by introspection, of a live token only', async () => {
    const server = await quirkyServer();
    const identity = { source: 'introspection', subject: 'sub', label: ['username'] };
    server.on('POST /introspect', { json: { active: true, sub: 's-9', username: 'ada' } });
    expect(await identified(server, { identity })).toMatchObject({ subject: 's-9', label: 'ada' });
    server.on('POST /introspect', { json: { active: false, sub: 's-9' } });
    await expect(identified(server, { identity })).rejects.toMatchObject({ code: 'token_rejected' });
  });
  test.each(['invalid_auth', 'token_revoked'])('a server that answers 200 with %s refuses the token', async (error) => {
    const server = await quirkyServer();
    server.on('GET /userinfo', { json: { ok: false, error } });
    const found = identified(server, { identity: { source: 'userinfo' }, error_in_200: true });
    await expect(found).rejects.toMatchObject({ code: 'token_rejected' });
  });
});

describe('half of a surrogate pair, which a database of UTF-8 writes as one sign for all', () => {
  test.each(['\ud800', 'ada\udfff', '\udc00x'])('makes no account: %j', async (id) => {
    const server = await quirkyServer();
    server.on('GET /userinfo', { json: { sub: id } });
    const found = identified(server, { identity: { source: 'userinfo' } });
    await expect(found).rejects.toMatchObject({ code: 'identity_invalid' });
  });
  test.each(['\ud800', `${'a'.repeat(254)}\u{1f600}`])('is in no label and no address', async (name) => {
    const server = await quirkyServer();
    server.on('GET /userinfo', { json: { sub: 's-1', name, email: `${name}@acme.example` } });
    const { label, name: shown } = await identified(server, { identity: { source: 'userinfo', label: ['name'] } });
    expect([label?.isWellFormed(), shown?.isWellFormed()]).toEqual([true, true]);
  });
});
