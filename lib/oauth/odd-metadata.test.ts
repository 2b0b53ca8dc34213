import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { describeError } from '#lib/log';
import { isOAuthError } from '#lib/oauth/oauth-error';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { depsFor, quirkyRecord, runExchange } from '#tests/servers/quirky-provider';
import { type QuirkyServer, quirkyServer, type Reply } from '#tests/servers/quirky-server';

type Fields = Record<string, unknown>;

const oidcPath = '/.well-known/openid-configuration';
const oauthPath = '/.well-known/oauth-authorization-server';
/** A record that leaves every endpoint to the metadata. */
const silent = {
  authorization_endpoint: undefined,
  token_endpoint: undefined,
  revocation_endpoint: undefined,
  introspection_endpoint: undefined,
  userinfo_endpoint: undefined,
  jwks_uri: undefined,
};

const document = (url: string, more: Fields = {}) => ({
  issuer: url,
  authorization_endpoint: `${url}/a`,
  token_endpoint: `${url}/t`,
  jwks_uri: `${url}/keys`,
  ...more,
});

const redirect = (location: string, status = 301): Reply => ({ status, text: '', headers: { location } });

async function hub(fields: Fields = {}, path = '') {
  const server = await quirkyServer();
  const issuer = `${server.url}${path}`;
  const provider = quirkyRecord(server, { ...silent, issuer, ...fields });
  const clock = { at: Date.now() };
  const deps = { ...depsFor(provider, { timeoutMs: 3_000 }), now: () => new Date(clock.at) };
  return { server, issuer, provider, clock, resolve: () => resolveEndpoints(provider, deps), deps };
}

const refusal = (failed: Promise<unknown>) =>
  failed.then(
    () => null,
    (error: unknown) => error,
  );

describe('P-03 metadata behind a redirect', () => {
  test.each([301, 302, 303, 307, 308])('%i to the same path with a slash is followed', async (status) => {
    const { server, resolve, issuer } = await hub();
    server.on(`GET ${oidcPath}`, redirect(`${oidcPath}/`, status));
    server.on(`GET ${oidcPath}/`, { json: document(issuer) });
    expect(await resolve()).toMatchObject({ issuer, token_endpoint: `${issuer}/t` });
  });

  test('three are followed, a fourth is not, and a loop ends', async () => {
    const { server, resolve, issuer } = await hub();
    server.on(`GET ${oidcPath}`, redirect('/1'));
    server.on('GET /1', redirect('/2'));
    server.on('GET /2', redirect('/3'));
    server.on('GET /3', redirect('/4'));
    server.on('GET /4', { json: document(issuer) });
    await expect(resolve()).rejects.toMatchObject({ code: 'discovery_redirected' });
    server.on('GET /2', redirect('/4'));
    expect(await resolve()).toMatchObject({ issuer });
    const other = await hub();
    other.server.on(`GET ${oidcPath}`, redirect(oidcPath));
    await expect(other.resolve()).rejects.toMatchObject({ code: 'discovery_redirected', disposition: 'configuration' });
    expect(other.server.seen).toHaveLength(4);
  });

  test.each<[string, (server: QuirkyServer) => string]>([
    ['another port', ({ url }) => `http://127.0.0.1:${Number(new URL(url).port) + 1}${oidcPath}`],
    ['another host', () => `https://evil.example${oidcPath}`],
    ['another scheme', ({ url }) => url.replace('http:', 'https:')],
    ['another host without a scheme', () => '//evil.example/x'],
    ['another host behind a name', ({ url }) => url.replace('//', '//127.0.0.1:1@evil.example/')],
    ['the same with credentials', ({ url }) => url.replace('//', '//a:b@')],
    ['a file', () => 'file:///etc/passwd'],
    ['no address', () => ''],
  ])('%s is not followed, and the log says where it led', async (name, to) => {
    const { server, resolve } = await hub();
    server.on(`GET ${oidcPath}`, name === 'no address' ? { status: 302, text: '' } : redirect(to(server)));
    const error = await refusal(resolve());
    expect(error).toMatchObject({ code: 'discovery_redirected', disposition: 'configuration' });
    expect(describeError(error).provider_said).toMatch(/redirects to/);
    expect(JSON.stringify(describeError(error))).not.toContain('a:b@');
    expect(server.seen).toHaveLength(1);
  });

  test('the issuer is still compared letter by letter', async () => {
    const { server, resolve, issuer } = await hub();
    server.on(`GET ${oidcPath}`, redirect(`${oidcPath}/`));
    server.on(`GET ${oidcPath}/`, { json: document(issuer, { issuer: `${issuer}/` }) });
    const error = await refusal(resolve());
    expect(error).toMatchObject({ code: 'discovery_issuer' });
    const said = describeError(error).provider_said;
    expect(said).toBe(`The metadata at ${issuer}${oidcPath} names the issuer ${issuer}/, and the record ${issuer}.`);
  });
});

describe('P-03 a record that gives all it needs', () => {
  const all = (server: QuirkyServer) => ({
    authorization_endpoint: `${server.url}/authorize`,
    token_endpoint: `${server.url}/token`,
    jwks_uri: `${server.url}/jwks`,
    revocation_endpoint: `${server.url}/revoke`,
  });
  test.each<[string, Fields]>([
    ['the preset oidc', { preset: 'oidc' }],
    ['discovery: oidc', { discovery: 'oidc' }],
    ['discovery: oauth2', { discovery: 'oauth2' }],
    ['the preset okta', { preset: 'okta' }],
    ['no revocation', { preset: 'oidc', revocation_endpoint: undefined, revoke: { style: 'none' } }],
  ])('asks for no metadata with %s', async (_, fields) => {
    const server = await quirkyServer();
    const provider = quirkyRecord(server, { ...silent, ...all(server), ...fields });
    expect(await resolveEndpoints(provider, depsFor(provider))).toMatchObject({
      token_endpoint: `${server.url}/token`,
    });
    expect(server.seen).toEqual([]);
  });

  test.each<[string, Reply]>([
    ['hangs', { hang: true }],
    ['is absent', { status: 404, text: '' }],
    ['redirects elsewhere', redirect('https://elsewhere.example/')],
    ['is down', { status: 503, text: '' }],
  ])('does without metadata that %s where only revocation is left open, and asks once a minute', async (_, reply) => {
    const server = await quirkyServer();
    const fields = { ...silent, ...all(server), revocation_endpoint: undefined, preset: 'oidc' };
    const provider = quirkyRecord(server, fields);
    const clock = { at: Date.now() };
    const deps = { ...depsFor(provider, { timeoutMs: 3_000 }), now: () => new Date(clock.at) };
    server.on(`GET ${oidcPath}`, reply);
    for (let call = 0; call < 3; call++)
      expect((await resolveEndpoints(provider, deps)).revocation_endpoint).toBeUndefined();
    expect(server.requestsTo(`GET ${oidcPath}`)).toHaveLength(1);
    server.on(`GET ${oidcPath}`, { json: document(server.url, { revocation_endpoint: `${server.url}/r` }) });
    clock.at += 60_001;
    expect((await resolveEndpoints(provider, deps)).revocation_endpoint).toBe(`${server.url}/r`);
  });

  test('but not without one that names another issuer', async () => {
    const server = await quirkyServer();
    const fields = { ...silent, ...all(server), revocation_endpoint: undefined, preset: 'oidc' };
    const provider = quirkyRecord(server, fields);
    server.on(`GET ${oidcPath}`, { json: document('https://evil.example') });
    await expect(resolveEndpoints(provider, depsFor(provider))).rejects.toMatchObject({ code: 'discovery_issuer' });
  });
});

describe('P-03 endpoints that are not usable', () => {
  const odd = [
    '',
    null,
    '/relative',
    'relative',
    7,
    [],
    {},
    'ftp://x.example',
    'http://evil.example/x',
    'https://a:b@x',
  ];
  test.each(odd)('%j is ignored where it is not used', async (value) => {
    const { server, resolve, issuer } = await hub();
    const unused = { revocation_endpoint: value, introspection_endpoint: value, userinfo_endpoint: value };
    server.on(`GET ${oidcPath}`, { json: document(issuer, unused) });
    expect(await resolve()).toEqual({
      issuer,
      authorization_endpoint: `${issuer}/a`,
      token_endpoint: `${issuer}/t`,
      jwks_uri: `${issuer}/keys`,
      authorization_response_iss_parameter_supported: false,
    });
  });
  test.each(['authorization_endpoint', 'token_endpoint'])('%s names itself', async (field) => {
    for (const value of odd) {
      const { server, resolve, issuer } = await hub();
      server.on(`GET ${oidcPath}`, { json: document(issuer, { [field]: value }) });
      const error = await refusal(resolve());
      expect(isOAuthError(error) && [error.code, error.cause]).toMatchObject([
        'discovery_incomplete',
        { message: field },
      ]);
    }
  });
  test('keys that are needed name themselves before the code is spent', async () => {
    const { server, resolve, issuer, provider } = await hub({ scopes: ['openid'] });
    server.on(`GET ${oidcPath}`, { json: document(issuer, { jwks_uri: '/keys' }) });
    const error = await refusal(runExchange(provider, await resolve()));
    expect(isOAuthError(error) && [error.code, error.cause]).toMatchObject([
      'discovery_incomplete',
      { message: 'jwks_uri' },
    ]);
    expect(server.requestsTo('POST /t')).toEqual([]);
  });
});

describe('P-03 metadata that is an hour old', () => {
  test.each<[string, Reply]>([
    ['hangs', { hang: true }],
    ['is down', { status: 503, text: '' }],
    ['is gone', { status: 404, text: '' }],
    ['is a page', { text: '<html>' }],
    ['is of another issuer', { json: document('https://evil.example') }],
  ])('serves without a wait while its host %s; one call a minute asks again', async (_, reply) => {
    const { server, resolve, issuer, clock } = await hub();
    server.on(`GET ${oidcPath}`, { json: document(issuer) });
    const before = await resolve();
    server.on(`GET ${oidcPath}`, reply);
    clock.at += 3_600_001;
    for (let call = 0; call < 20; call++) expect(await resolve()).toEqual(before);
    await expect.poll(() => server.requestsTo(`GET ${oidcPath}`).length).toBe(2);
    clock.at += 60_001;
    for (let call = 0; call < 20; call++) expect(await resolve()).toEqual(before);
    await expect.poll(() => server.requestsTo(`GET ${oidcPath}`).length).toBe(3);
    server.on(`GET ${oidcPath}`, { json: document(issuer, { token_endpoint: `${issuer}/new` }) });
    clock.at += 60_001;
    await expect.poll(async () => (await resolve()).token_endpoint).toBe(`${issuer}/new`);
  });

  test.each(['authorization_endpoint', 'token_endpoint', 'revocation_endpoint', 'introspection_endpoint', 'jwks_uri'])(
    'a %s that moved to another origin is refused, not followed',
    async (field) => {
      const { server, resolve, issuer, clock } = await hub();
      const first = { revocation_endpoint: `${issuer}/r`, introspection_endpoint: `${issuer}/i` };
      server.on(`GET ${oidcPath}`, { json: document(issuer, first) });
      await resolve();
      const moved = { ...first, [field]: 'https://evil.example/x' };
      server.on(`GET ${oidcPath}`, { json: document(issuer, moved) });
      clock.at += 3_600_001;
      await expect.poll(() => refusal(resolve())).toMatchObject({ code: 'discovery_changed' });
      expect(describeError(await refusal(resolve())).provider_said).toContain('https://evil.example');
    },
  );

  test.each(['revocation_endpoint', 'introspection_endpoint', 'userinfo_endpoint', 'jwks_uri'])(
    'a %s that is new is followed on an origin of the others only',
    async (field) => {
      const { server, resolve, issuer, clock } = await hub();
      const without = document(issuer, { [field]: undefined });
      server.on(`GET ${oidcPath}`, { json: without });
      await resolve();
      server.on(`GET ${oidcPath}`, { json: { ...without, [field]: 'https://evil.example/x' } });
      clock.at += 3_600_001;
      await expect.poll(() => refusal(resolve())).toMatchObject({ code: 'discovery_changed' });
      server.on(`GET ${oidcPath}`, { json: { ...without, [field]: `${issuer}/x` } });
      clock.at += 60_001;
      await expect.poll(() => resolve().catch(() => null)).toMatchObject({ [field]: `${issuer}/x` });
    },
  );

  test('the first one is not waited for long', async () => {
    const server = await quirkyServer();
    const provider = quirkyRecord(server, silent);
    server.on(`GET ${oidcPath}`, { hang: true });
    // The fetch itself would wait for a minute.
    const deps = depsFor(provider, { timeoutMs: 60_000 });
    await expect(resolveEndpoints(provider, deps)).rejects.toMatchObject({ code: 'discovery_failed' });
  });
});

describe('P-03 where metadata stands', () => {
  test.each<[string, string, string, Fields]>([
    ['OpenID Connect after the path', '/t/1', `/t/1${oidcPath}`, {}],
    ['OpenID Connect before the path', '/t/1', `${oidcPath}/t/1`, {}],
    ['RFC 8414 before the path', '/t/1', `${oauthPath}/t/1`, { discovery: 'oauth2' }],
    ['RFC 8414 after the path', '/t/1', `/t/1${oauthPath}`, { discovery: 'oauth2' }],
    ['RFC 8414 only, of a record that says nothing', '', oauthPath, {}],
    ['OpenID Connect only, of a record that says oauth2', '', oidcPath, { discovery: 'oauth2' }],
  ])('%s', async (_, path, at, fields) => {
    for (const absent of [{ status: 404, text: '' }, { text: '<html>a single-page application</html>' }] as Reply[]) {
      const { server, resolve, issuer } = await hub(fields, path);
      for (const known of [oidcPath, oauthPath])
        for (const place of [`${path}${known}`, `${known}${path}`]) server.on(`GET ${place}`, absent);
      server.on(`GET ${at}`, { json: document(issuer) });
      expect(await resolve()).toMatchObject({ issuer });
    }
  });

  test('a document of another issuer at one place does not hide the right one at the next', async () => {
    const { server, resolve, issuer } = await hub({}, '/t/1');
    server.on(`GET /t/1${oidcPath}`, { json: document(server.url) });
    server.on(`GET ${oidcPath}/t/1`, { json: document(issuer) });
    expect(await resolve()).toMatchObject({ issuer });
  });
});

describe('P-03 how metadata is written', () => {
  test.each<[string, (json: string) => Reply]>([
    ['as a page', (text) => ({ text })],
    ['as plain text', (text) => ({ text, headers: { 'content-type': 'text/plain' } })],
    ['with a byte order mark', (text) => ({ text: `\ufeff${text}` })],
    ['compressed', (text) => ({ text: gzipSync(text), headers: { 'content-encoding': 'gzip' } })],
    ['with white space', (text) => ({ text: `\r\n\t ${text} \n` })],
  ])('%s', async (_, reply) => {
    const { server, resolve, issuer } = await hub();
    server.on(`GET ${oidcPath}`, reply(JSON.stringify(document(issuer))));
    expect(await resolve()).toMatchObject({ issuer });
  });

  test.each<[string | string[] | undefined, Fields, string | undefined]>([
    [['client_secret_post'], {}, 'client_secret_post'],
    [['client_secret_post', 'private_key_jwt'], {}, 'client_secret_post'],
    [['client_secret_basic', 'client_secret_post'], {}, undefined],
    [['private_key_jwt'], {}, undefined],
    [undefined, {}, undefined],
    ['client_secret_post', {}, 'client_secret_post'], // nodeSolidServer/node-solid-server#1599: a text, not a list
    [['client_secret_post'], { token_endpoint_auth_method: 'client_secret_basic' }, undefined],
  ])('a server that takes %j, of a record that says %j', async (taken, fields, method) => {
    const { server, resolve, issuer, provider } = await hub(fields);
    server.on(`GET ${oidcPath}`, {
      json: document(issuer, taken ? { token_endpoint_auth_methods_supported: taken } : {}),
    });
    server.on('POST /t', { json: { access_token: 'at' } });
    const pinned = await resolve();
    expect(pinned.token_endpoint_auth_method).toBe(method);
    await runExchange(provider, pinned);
    const [sent] = server.requestsTo('POST /t');
    expect(sent?.headers.authorization !== undefined).toBe(method === undefined);
    expect(sent?.form.has('client_secret')).toBe(method !== undefined);
  });
});
