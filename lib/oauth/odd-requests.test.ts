import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { asksForS256, buildAuthorizationUrl } from '#lib/oauth/authorization-request';
import { checkCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import { introspectToken } from '#lib/oauth/introspect-token';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { revokeGrant } from '#lib/oauth/revoke-token';
import {
  clientSecret,
  depsFor,
  nonce,
  pinnedOf,
  quirkyRecord,
  redirectUri,
  runExchange,
  verifier,
} from '#tests/servers/quirky-provider';
import { type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';

type Fields = Record<string, unknown>;
const tokens = { access_token: 'at-1', refresh_token: 'rt-1', expires_in: 3600 };
const request = { redirectUri, state: 'state-1', nonce, codeChallenge: 'c', scopes: ['read', 'write'] };

const asked = (server: QuirkyServer, fields: Fields) =>
  buildAuthorizationUrl(quirkyRecord(server, fields), pinnedOf(server, fields), request);

/** The real fetch, and where it went. */
function recording(record: ReturnType<typeof quirkyRecord>, urls: URL[]) {
  const real = depsFor(record);
  return {
    ...real,
    fetch: (url: string | URL, init: Parameters<typeof real.fetch>[1]) => {
      urls.push(new URL(url));
      return real.fetch(url, init);
    },
  };
}

async function tokenServer(route = 'POST /token', answer: object = tokens) {
  const server = await quirkyServer();
  server.on(route, { json: answer });
  return server;
}

describe('P-29 the authorization request', () => {
  test('with other names and without response_type', async () => {
    const server = await quirkyServer();
    const { searchParams } = asked(server, {
      authorization_param_names: {
        client_id: 'client_key',
        redirect_uri: 'redirect_url',
        response_type: null,
        scope: 'permissions',
      },
    });
    expect(Object.fromEntries(searchParams)).toEqual({
      client_key: 'client-1',
      redirect_url: redirectUri,
      permissions: 'read write',
      state: 'state-1',
      code_challenge: 'c',
      code_challenge_method: 'S256',
    });
  });

  test.each([' ', ',', '+', ';', '|', ':'])('with %j between scopes', async (scope_sep_out) => {
    const server = await quirkyServer();
    expect(asked(server, { scope_sep_out }).searchParams.get('scope')).toBe(`read${scope_sep_out}write`);
  });

  test('with a parameter that is there twice (RFC 8707)', async () => {
    const server = await quirkyServer();
    const resource = ['https://a.example', 'https://b.example'];
    const url = asked(server, { authorization_params: { resource } });
    expect(url.searchParams.getAll('resource')).toEqual(resource);
  });

  test('with a fragment that stays behind the query, or that takes the parameters', async () => {
    const server = await quirkyServer();
    const authorization_endpoint = `${server.url}/app#/oauth`;
    const before = asked(server, { authorization_endpoint });
    expect(before.hash).toBe('#/oauth');
    expect(before.searchParams.get('client_id')).toBe('client-1');
    const inside = asked(server, { authorization_endpoint, authorization_params_in: 'fragment' });
    expect(inside.search).toBe('');
    expect(inside.hash).toMatch(/^#\/oauth\?response_type=code&client_id=client-1&/);
    expect([before, inside].map(asksForS256)).toEqual([true, true]);
    const bare = asked(server, { authorization_endpoint, dangerously_without_pkce: true });
    expect(asksForS256(bare)).toBe(false);
  });

  test('keeps what stands in the endpoint’s query, but not another client', async () => {
    const server = await quirkyServer();
    const url = asked(server, { authorization_endpoint: `${server.url}/authorize?v=2&client_id=other` });
    expect(url.searchParams.get('v')).toBe('2');
    expect(url.searchParams.getAll('client_id')).toEqual(['client-1']);
  });
});

describe('P-29 the redirect', () => {
  const check = async (fields: Fields, query: string) => {
    const server = await quirkyServer();
    const url = new URL(`${redirectUri}?${query}`);
    return checkCallback(quirkyRecord(server, fields), pinnedOf(server), url, { state: 's' });
  };
  test('with the code under another name', async () => {
    const fields = { code_field: 'auth_code' };
    expect(await check(fields, 'auth_code=c-1&state=s')).toMatchObject({ code: 'c-1' });
    await expect(check(fields, 'code=c-1&state=s')).rejects.toMatchObject({ code: 'missing_code' });
    await expect(check(fields, 'auth_code=c-1&auth_code=c-2&state=s')).rejects.toMatchObject({
      code: 'duplicate_parameter',
    });
  });
});

describe('P-29 the token request', () => {
  test('with other names, in every request of the client', async () => {
    const server = await tokenServer();
    server.on('POST /revoke', { json: {} });
    server.on('POST /introspect', { json: { active: true } });
    const record = quirkyRecord(server, {
      token_endpoint_auth_method: 'client_secret_post',
      token_param_names: {
        ...{ client_id: 'app_id', client_secret: 'secret', code: 'auth_code', grant_type: null, redirect_uri: null },
        ...{ refresh_token: 'renew', token: 'value', token_type_hint: null },
      },
    });
    const pinned = pinnedOf(server);
    const deps = depsFor(record);
    await runExchange(record, pinned, deps);
    await refreshGrant(record, pinned, { refreshToken: 'rt-1' }, deps);
    await revokeGrant(record, pinned, { accessToken: 'at-1', refreshToken: 'rt-1' }, deps);
    await introspectToken(record, pinned, { token: 'at-1' }, deps);
    const client = { app_id: 'client-1', secret: clientSecret };
    expect(server.seen.map(({ form }) => Object.fromEntries(form))).toEqual([
      { ...client, auth_code: 'code-1', code_verifier: verifier },
      { ...client, renew: 'rt-1' },
      { ...client, value: 'rt-1' },
      { ...client, value: 'at-1' },
    ]);
  });

  test('as JSON, with a list where a parameter is there twice', async () => {
    const server = await tokenServer();
    const resource = ['https://a.example', 'https://b.example'];
    const record = quirkyRecord(server, {
      token_request_format: 'json',
      token_params: { resource },
      token_param_names: { client_id: 'app_id', code: 'auth_code' },
    });
    await runExchange(record, pinnedOf(server));
    const [seen] = server.seen;
    expect(seen?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(seen?.body ?? '')).toMatchObject({ auth_code: 'code-1', resource });
  });

  test('as a form with a parameter that is there twice, when refreshing too', async () => {
    const server = await tokenServer();
    const resource = ['https://a.example', 'https://b.example'];
    const record = quirkyRecord(server, { token_params: { resource }, refresh_params: { resource } });
    await runExchange(record, pinnedOf(server));
    await refreshGrant(record, pinnedOf(server), { refreshToken: 'rt-1' }, depsFor(record));
    expect(server.seen.map(({ form }) => form.getAll('resource'))).toEqual([resource, resource]);
  });

  test('with headers of the record, whose values nothing prints', async () => {
    const server = await tokenServer();
    server.on('POST /revoke', { json: {} });
    const record = quirkyRecord(server, { token_headers: { 'X-Version': '2022-06-28' } });
    const deps = depsFor(record);
    await runExchange(record, pinnedOf(server), deps);
    await refreshGrant(record, pinnedOf(server), { refreshToken: 'rt-1' }, deps);
    await revokeGrant(record, pinnedOf(server), { accessToken: null, refreshToken: 'rt-1' }, deps);
    expect(server.seen.map(({ headers }) => headers['x-version'])).toEqual(Array(3).fill('2022-06-28'));
    expect(inspect(record, { depth: 9 }) + JSON.stringify(record)).not.toContain('2022-06-28');
  });

  test.each(['POST', 'GET'])('in the query, by %s', async (method) => {
    const server = await quirkyServer();
    const urls: URL[] = [];
    const record = quirkyRecord(server, {
      token_endpoint_auth_method: 'client_secret_post',
      dangerously_token_request_in_query: method,
    });
    server.on(`${method} /token`, { json: tokens });
    const deps = recording(record, urls);
    expect(await runExchange(record, pinnedOf(server), deps)).toMatchObject({ access_token: 'at-1' });
    await refreshGrant(record, pinnedOf(server), { refreshToken: 'rt-1' }, deps);
    const [first, second] = urls.map(({ searchParams }) => Object.fromEntries(searchParams));
    expect(first).toMatchObject({ code: 'code-1', client_id: 'client-1', client_secret: clientSecret });
    expect(second).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'rt-1' });
    expect(server.seen.map(({ body }) => body)).toEqual(['', '']);
  });
});

describe('P-29 tokens that renew themselves', () => {
  const fields = (server: QuirkyServer) => ({
    token_upgrade: {
      endpoint: `${server.url}/access_token`,
      params: { grant_type: 'ig_exchange_token' },
      token_param: 'access_token',
      client_params: ['client_secret'],
      dangerously_by_get: true,
    },
    token_renewal: {
      endpoint: `${server.url}/refresh_access_token`,
      params: { grant_type: 'ig_refresh_token' },
      token_param: 'access_token',
      dangerously_by_get: true,
    },
    idle_keepalive_days: 60,
  });
  test('a short token is exchanged for a lasting one, and that one renews itself', async () => {
    const server = await tokenServer('POST /token', { access_token: 'short', user_id: 7 });
    server.on('GET /access_token', { json: { access_token: 'long-1', token_type: 'bearer', expires_in: 5_184_000 } });
    server.on('GET /refresh_access_token', { json: { access_token: 'long-2', expires_in: 5_184_000 } });
    const record = quirkyRecord(server, { ...fields(server), response_fields: ['user_id'] });
    const urls: URL[] = [];
    const deps = recording(record, urls);
    const first = await runExchange(record, pinnedOf(server), deps);
    expect(first).toMatchObject({
      ...{ access_token: 'long-1', refresh_token: 'long-1', expires_in: 5_184_000 },
      ...{ refresh_token_expires_in: 5_184_000, extras: { user_id: 7 } },
    });
    const next = await refreshGrant(record, pinnedOf(server), { refreshToken: 'long-1' }, deps);
    expect(next).toMatchObject({ access_token: 'long-2', refresh_token: 'long-2' });
    expect(urls.slice(1).map(({ searchParams }) => Object.fromEntries(searchParams))).toEqual([
      { grant_type: 'ig_exchange_token', client_secret: clientSecret, access_token: 'short' },
      { grant_type: 'ig_refresh_token', access_token: 'long-1' },
    ]);
  });

  test('the identity of token_answer is read from the first answer', async () => {
    const server = await tokenServer('POST /token', { access_token: 'short', user_id: '7' });
    server.on('GET /access_token', { json: { access_token: 'long-1' } });
    const record = quirkyRecord(server, {
      ...fields(server),
      identity: { source: 'token_answer', subject: 'user_id' },
    });
    const kept = await runExchange(record, pinnedOf(server));
    const identity = await fetchIdentity(record, pinnedOf(server), kept, depsFor(record));
    expect(identity.subject).toBe('7');
  });

  test('a refused exchange is a refused flow, and the first token has an owner', async () => {
    const server = await tokenServer('POST /token', { access_token: 'short' });
    server.on('GET /access_token', { status: 400, json: { error: { code: 190 } } });
    const record = quirkyRecord(server, fields(server));
    const received: unknown[] = [];
    const deps = { ...depsFor(record), received: (one: unknown) => received.push(one) };
    await expect(runExchange(record, pinnedOf(server), deps)).rejects.toMatchObject({ code: 'request_rejected' });
    expect(received).toEqual([{ accessToken: 'short', refreshToken: null, expiresIn: null }]);
  });

  test('a refused renewal ends the grant only by a code of the record', async () => {
    const server = await quirkyServer();
    const record = quirkyRecord(server, { ...fields(server), dead_codes: ['190'] });
    const renew = () => refreshGrant(record, pinnedOf(server), { refreshToken: 'long-1' }, depsFor(record));
    server.on('GET /refresh_access_token', { status: 400, json: { error: { code: 190 } } });
    await expect(renew()).rejects.toMatchObject({ disposition: 'dead_grant' });
    server.on('GET /refresh_access_token', { status: 400, json: { error: { code: 4 } } });
    await expect(renew()).rejects.not.toMatchObject({ disposition: 'dead_grant' });
  });

  test('by POST, with the token in the header and the client’s id as a parameter', async () => {
    const server = await quirkyServer();
    server.on('POST /renew', { json: { access_token: 'long-2' } });
    const record = quirkyRecord(server, {
      token_renewal: { endpoint: `${server.url}/renew`, params: { client: '{client_id}' } },
      idle_keepalive_days: 1,
    });
    await refreshGrant(record, pinnedOf(server), { refreshToken: 'long-1' }, depsFor(record));
    expect(server.seen[0]).toMatchObject({ body: 'client=client-1', headers: { authorization: 'Bearer long-1' } });
  });
});

describe('P-29 a server that the redirect names', () => {
  test('values outside of the list are refused wherever they come from', async () => {
    const server = await quirkyServer();
    const redirect_parts = [{ name: 'dc', field: 'location', values: { us: 'com', eu: 'eu' }, initial: 'com' }];
    const record = quirkyRecord(server, { redirect_parts, token_endpoint: `${server.url}/{dc}/token` });
    server.on('POST /eu/token', { json: tokens });
    const checked = checkCallback(record, pinnedOf(server), new URL(`${redirectUri}?code=c&state=s`), { state: 's' });
    const input = { verifier, nonce, redirectUri, scopes: [], accountParams: { dc: 'evil' } };
    await expect(buildAuthorizationUrlFor(record, server, { dc: 'evil' })).rejects.toMatchObject({
      code: 'account_param_invalid',
    });
    expect(await buildAuthorizationUrlFor(record, server, { dc: 'eu' })).toBeInstanceOf(URL);
    expect(await buildAuthorizationUrlFor(record, server, {})).toBeInstanceOf(URL);
    await exchangeCode(
      record,
      pinnedOf(server, { token_endpoint: `${server.url}/eu/token` }),
      checked,
      { ...input, accountParams: { dc: 'eu' } },
      depsFor(record),
    );
    expect(server.requestsTo('POST /eu/token')).toHaveLength(1);
  });
});

async function buildAuthorizationUrlFor(
  record: ReturnType<typeof quirkyRecord>,
  server: QuirkyServer,
  accountParams: Record<string, string>,
) {
  return buildAuthorizationUrl(record, pinnedOf(server), { ...request, accountParams });
}
