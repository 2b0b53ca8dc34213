import { describe, expect, test } from 'vitest';
import { startFlow } from '#lib/authorization/start';
import { sharedDatabase } from '#tests/database';
import { addPerson, createRuntime } from '#tests/hub';
import { quirkyServer, type Reply } from '#tests/servers/quirky-server';

const database = sharedDatabase();
const secret = 'not-a-real-secret';

const required = { require_pushed_authorization_requests: true };

/** A server that requires pushed requests and answers them as `answer` has it. */
async function pushing(answer: Reply, more: Record<string, unknown> = {}, metadata: object = required) {
  const server = await quirkyServer();
  const document = {
    issuer: server.url,
    authorization_endpoint: `${server.url}/authorize?tenant=one`,
    token_endpoint: `${server.url}/token`,
    jwks_uri: `${server.url}/jwks`,
    ...metadata,
  };
  const endpoint = { pushed_authorization_request_endpoint: `${server.url}/par` };
  server.on('GET /.well-known/openid-configuration', { json: { ...endpoint, ...document } });
  server.on('POST /par', answer);
  const record = {
    id: 'acme',
    name: 'Acme',
    issuer: server.url,
    client_id: 'client-1',
    client_secret: secret,
    scopes: ['openid'],
  };
  const runtime = createRuntime(database.current, [{ ...record, ...more }]);
  const { ctx } = await addPerson(runtime);
  const start = () => startFlow(ctx(), { intent: 'connect', provider: 'acme', returnTo: '/', accountParams: {} });
  return { server, start, runtime };
}

const reference = 'urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c';
const taken = { status: 201, json: { request_uri: reference, expires_in: 60 } };

describe('a pushed authorization request (RFC 9126)', () => {
  test('has all parameters, and the browser gets a reference alone', async () => {
    const { server, start } = await pushing(taken);
    const { location, binding } = await start();
    expect([...location.searchParams]).toEqual([
      ['tenant', 'one'],
      ['client_id', 'client-1'],
      ['request_uri', reference],
    ]);
    const [call] = server.requestsTo('POST /par');
    const form = call?.form ?? new URLSearchParams();
    expect(Object.fromEntries(form)).toMatchObject({
      response_type: 'code',
      redirect_uri: 'http://localhost:3000/oauth/callback/acme',
      state: binding.state,
      code_challenge_method: 'S256',
      scope: 'openid',
    });
    // The verifier stays here, and the client has shown itself once.
    expect(call?.body).not.toContain(binding.verifier);
    expect(call?.headers.authorization).toMatch(/^Basic /);
    expect(form.has('client_secret')).toBe(false);
  });

  test.each([
    ['a client that it does not know', 401, { error: 'invalid_client' }, 'provider_configuration'],
    ['a redirect URI that is not registered', 400, { error: 'invalid_redirect_uri' }, 'provider_configuration'],
    ['for a while', 503, 'down', 'provider_unavailable'],
    ['too often', 429, { error: 'slow_down' }, 'provider_unavailable'],
    ['with a good answer that names nothing', 201, { expires_in: 60 }, 'provider_configuration'],
    ['with a name of another type', 201, { request_uri: 7 }, 'provider_configuration'],
    ['with a name that ends the line', 201, { request_uri: 'urn:x\r\nset-cookie: a=b' }, 'provider_configuration'],
    ['with a name without end', 201, { request_uri: `urn:${'x'.repeat(5_000)}` }, 'provider_configuration'],
  ])('that the server refuses, %s, begins no flow', async (_name, status, body, code) => {
    const { start } = await pushing(typeof body === 'string' ? { status, text: body } : { status, json: body });
    await expect(start()).rejects.toMatchObject({ code });
  });

  test('goes nowhere while the record says that none is pushed', async () => {
    const { server, start } = await pushing(taken, { require_pushed_authorization_requests: false });
    const { location } = await start();
    expect(location.searchParams.has('request_uri')).toBe(false);
    expect(server.requestsTo('POST /par')).toEqual([]);
  });

  test('needs an endpoint: a record that asks for one and finds none says so', async () => {
    const none = { pushed_authorization_request_endpoint: undefined };
    const { start } = await pushing(taken, { require_pushed_authorization_requests: true }, none);
    await expect(start()).rejects.toMatchObject({ code: 'provider_configuration' });
  });

  test('shows no secret in what is logged of a refusal that repeats it', async () => {
    const { start, runtime } = await pushing({
      status: 400,
      json: { error: 'invalid_request', error_description: `no client with ${secret}` },
    });
    await expect(start()).rejects.toMatchObject({ code: 'provider_configuration' });
    expect(JSON.stringify(runtime.logged)).not.toContain(secret);
  });
});
