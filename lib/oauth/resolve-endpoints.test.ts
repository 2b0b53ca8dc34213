import { describe, expect, test } from 'vitest';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { depsFor, quirkyRecord } from '#tests/servers/quirky-provider';
import { type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';

const wellKnown = 'GET /.well-known/openid-configuration';
const silent = {
  authorization_endpoint: undefined,
  token_endpoint: undefined,
  revocation_endpoint: undefined,
  introspection_endpoint: undefined,
  userinfo_endpoint: undefined,
  jwks_uri: undefined,
};

function metadata(server: QuirkyServer, overrides: object = {}) {
  return {
    issuer: server.url,
    authorization_endpoint: `${server.url}/a`,
    token_endpoint: `${server.url}/t`,
    jwks_uri: `${server.url}/keys`,
    authorization_response_iss_parameter_supported: true,
    id_token_signing_alg_values_supported: ['ES256'],
    ...overrides,
  };
}

/** A provider that is silent about its endpoints, and a clock that tests move. */
async function silentProvider(overrides: object = {}) {
  const server = await quirkyServer();
  const provider = quirkyRecord(server, { ...silent, ...overrides });
  const clock = { at: Date.now() };
  const deps = { ...depsFor(provider, { timeoutMs: 3_000 }), now: () => new Date(clock.at) };
  return { server, provider, clock, deps };
}

describe('endpoints', () => {
  test('that the record has need no request', async () => {
    const server = await quirkyServer();
    const provider = quirkyRecord(server);
    const pinned = await resolveEndpoints(provider, depsFor(provider));
    expect(pinned).toMatchObject({ issuer: server.url, token_endpoint: `${server.url}/token` });
    expect(JSON.parse(JSON.stringify(pinned))).toEqual(pinned);
    expect(server.seen).toHaveLength(0);
  });

  test('are discovered once for concurrent callers and kept for an hour', async () => {
    const { server, provider, clock, deps } = await silentProvider();
    server.on(wellKnown, { json: metadata(server) });
    const [first, second] = await Promise.all([resolveEndpoints(provider, deps), resolveEndpoints(provider, deps)]);
    expect(first).toEqual(second);
    expect(first).toEqual(metadata(server));
    clock.at += 3_599_000;
    await resolveEndpoints(provider, deps);
    expect(server.seen).toHaveLength(1);
    clock.at += 2_000;
    await resolveEndpoints(provider, deps);
    await expect.poll(() => server.seen.length).toBe(2);
  });

  test('of the record win over discovered ones', async () => {
    const { server, provider, deps } = await silentProvider({ authorization_response_iss_parameter_supported: false });
    server.on(wellKnown, { json: metadata(server) });
    const fixed = { ...provider, token_endpoint: `${server.url}/mine` };
    expect(await resolveEndpoints(fixed, deps)).toMatchObject({
      authorization_endpoint: `${server.url}/a`,
      token_endpoint: `${server.url}/mine`,
      authorization_response_iss_parameter_supported: false,
    });
  });

  test('are looked for before the issuer’s path by RFC 8414 and after it by OpenID Connect', async () => {
    const server = await quirkyServer();
    const issuer = `${server.url}/tenant/1`;
    server.on('GET /.well-known/oauth-authorization-server/tenant/1', { json: metadata(server, { issuer }) });
    server.on('GET /tenant/1/.well-known/openid-configuration', { json: metadata(server, { issuer }) });
    for (const discovery of ['oauth2', 'oidc']) {
      const provider = quirkyRecord(server, { ...silent, issuer, discovery });
      expect(await resolveEndpoints(provider, depsFor(provider))).toMatchObject({ issuer });
    }
    expect(server.seen).toHaveLength(2);
  });

  test('with an account’s part are filled with it, the issuer too', async () => {
    const server = await quirkyServer();
    const provider = quirkyRecord(server, {
      issuer: 'https://{shop}.shops.example',
      authorization_endpoint: 'https://{shop}.shops.example/oauth/authorize',
      revocation_endpoint: 'https://api.shops.example/apps/{client_id}/token',
      account_params: [{ name: 'shop', label: 'Shop', pattern: '^[a-z0-9-]+$', example: 'acme' }],
    });
    expect(await resolveEndpoints(provider, depsFor(provider), { shop: 'acme' })).toMatchObject({
      issuer: 'https://acme.shops.example',
      authorization_endpoint: 'https://acme.shops.example/oauth/authorize',
      revocation_endpoint: 'https://api.shops.example/apps/client-1/token',
    });
  });

  test.each([
    '',
    'ACME',
    'a.b',
    'evil.example/',
    'evil.example#',
    'a@evil.example',
    'a\n',
    '..',
    'x'.repeat(300),
    undefined,
  ])('refuse %j for an account’s part', async (shop) => {
    const server = await quirkyServer();
    const provider = quirkyRecord(server, {
      issuer: 'https://{shop}.shops.example',
      account_params: [{ name: 'shop', label: 'Shop', pattern: '^[a-z0-9-]+$', example: 'acme' }],
    });
    const values: Record<string, string> = shop === undefined ? {} : { shop };
    await expect(resolveEndpoints(provider, depsFor(provider), values)).rejects.toMatchObject({
      code: 'account_param_invalid',
    });
  });

  test('stay on their host even where a record’s pattern lets everything through', async () => {
    const server = await quirkyServer();
    const provider = quirkyRecord(server, {
      issuer: 'https://{shop}.shops.example',
      account_params: [{ name: 'shop', label: 'Shop', pattern: '^.*$', example: 'acme' }],
    });
    for (const shop of [
      'evil.example/',
      'evil.example?',
      'evil.example#',
      'evil.example:443/',
      'u@evil.example',
      'a\\b',
      '%2e',
      '-a',
      'a..b',
    ]) {
      await expect(resolveEndpoints(provider, depsFor(provider), { shop })).rejects.toMatchObject({
        code: 'account_param_invalid',
      });
    }
  });
});

describe('metadata', () => {
  test.each([
    ['with a slash more', (url: string) => `${url}/`],
    ['of another host', () => 'https://evil.example'],
    ['in other letters', (url: string) => url.replace('http', 'HTTP')],
  ])('of an issuer %s is refused', async (_, change) => {
    const { server, provider, deps } = await silentProvider();
    server.on(wellKnown, { json: metadata(server, { issuer: change(server.url) }) });
    await expect(resolveEndpoints(provider, deps)).rejects.toMatchObject({
      code: 'discovery_issuer',
      disposition: 'configuration',
    });
  });

  test('of an issuer that ends in a slash is taken when it says the slash, as Auth0’s does', async () => {
    const server = await quirkyServer();
    const issuer = `${server.url}/`;
    const provider = quirkyRecord(server, { ...silent, issuer });
    server.on(wellKnown, { json: metadata(server, { issuer }) });
    expect(await resolveEndpoints(provider, depsFor(provider))).toMatchObject({ issuer });
  });

  test.each([
    ['500', { status: 500, text: '' }],
    ['404', { status: 404, text: '' }],
    ['HTML', { text: '<html>' }],
    ['no issuer', { json: {} }],
    ['a redirect to a page', { status: 302, text: '', headers: { location: '/' } }],
    ['a redirect elsewhere', { status: 302, text: '', headers: { location: 'https://elsewhere.example/x' } }],
    ['silence', { hang: true } as const],
  ])('that is %s fails the flow and nothing else', async (name, reply) => {
    const { server, provider, deps } = await silentProvider();
    server.on(wellKnown, reply);
    const code = name === 'a redirect elsewhere' ? 'discovery_redirected' : 'discovery_failed';
    await expect(resolveEndpoints(provider, deps)).rejects.toMatchObject({ code });
    server.on(wellKnown, { json: metadata(server) });
    await expect(resolveEndpoints(provider, deps)).resolves.toMatchObject({ issuer: server.url });
  });

  test('without a token endpoint is not enough', async () => {
    const { server, provider, deps } = await silentProvider();
    server.on(wellKnown, { json: metadata(server, { token_endpoint: 7 }) });
    await expect(resolveEndpoints(provider, deps)).rejects.toMatchObject({ code: 'discovery_incomplete' });
  });

  test.each([
    'http://evil.example/t',
    'https://169.254.169.254/t',
    'file:///etc/passwd',
    'https://a:b@as.example/t',
    'nothing',
  ])('that names %s is refused', async (token_endpoint) => {
    const { server, provider, deps } = await silentProvider();
    server.on(wellKnown, { json: metadata(server, { token_endpoint }) });
    await expect(resolveEndpoints(provider, deps)).rejects.toMatchObject({ code: 'discovery_incomplete' });
  });

  test('whose endpoints moved to another host an hour later is not followed', async () => {
    const { server, provider, clock, deps } = await silentProvider();
    server.on(wellKnown, { json: metadata(server) });
    await resolveEndpoints(provider, deps);
    server.on(wellKnown, { json: metadata(server, { token_endpoint: 'https://evil.example/t' }) });
    clock.at += 3_601_000;
    // The old one serves until the new one was read.
    expect(await resolveEndpoints(provider, deps)).toMatchObject({ token_endpoint: `${server.url}/t` });
    await expect
      .poll(() => resolveEndpoints(provider, deps).catch((error: unknown) => error))
      .toMatchObject({ code: 'discovery_changed', disposition: 'configuration' });
    server.on(wellKnown, { json: metadata(server) });
    clock.at += 61_000;
    await expect
      .poll(() => resolveEndpoints(provider, deps).catch(() => null))
      .toMatchObject({ token_endpoint: `${server.url}/t` });
  });

  test('of an hour ago serves on while the server is down', async () => {
    const { server, provider, clock, deps } = await silentProvider();
    server.on(wellKnown, { json: metadata(server) });
    const before = await resolveEndpoints(provider, deps);
    server.on(wellKnown, { status: 503, text: '' });
    clock.at += 3_601_000;
    expect(await resolveEndpoints(provider, deps)).toEqual(before);
  });
});
