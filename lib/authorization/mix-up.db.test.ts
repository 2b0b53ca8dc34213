import { describe, expect, test } from 'vitest';
import { ledger } from '#lib/db/schema/ledger';
import { demoHub } from '#tests/demo-hub';
import { createRuntime } from '#tests/hub';
import { quirkyServer } from '#tests/servers/quirky-server';
import { Visitor } from '#tests/visitor';

const honest = ['google', 'github', 'salesforce', 'okta', 'auth0'] as const;
const hub = demoHub(['demo', ...honest]);

/** A hub with the honest providers and one with a server of the attacker's. */
async function withMalicious(fields: Record<string, unknown> = {}) {
  const server = await quirkyServer();
  const record = {
    id: 'malicious',
    name: 'Malicious',
    issuer: server.url,
    authorization_endpoint: `${server.url}/authorize`,
    token_endpoint: `${server.url}/token`,
    userinfo_endpoint: `${server.url}/userinfo`,
    client_id: 'c',
    client_secret: 'not-a-real-secret',
    ...fields,
  };
  const runtime = createRuntime(hub.database.current, [...hub.demo.providers.map((one) => ({ ...one })), record]);
  return { server, runtime };
}

const stateOf = (started: Response) => new URL(started.headers.get('location') ?? '').searchParams.get('state') ?? '';
const codes = async () => (await hub.database.db.select({ code: ledger.code }).from(ledger)).map(({ code }) => code);

describe.each(honest)('A-01 mix-up with %s', (provider) => {
  test.each([true, false])('a code of the honest server never reaches the malicious one (iss: %s)', async (withIss) => {
    const { server, runtime } = await withMalicious();
    // The attacker begins at the honest server and keeps the authorization URL with its challenge and nonce.
    const attacker = new Visitor(runtime);
    await attacker.signIn('mallory@example.com');
    const kept = new URL((await attacker.start({ intent: 'connect', provider })).headers.get('location') ?? '');
    // The victim connects the malicious provider, which sends them on to the honest one with the victim's state.
    const victim = new Visitor(runtime);
    await victim.signIn('victim@example.com');
    const begun = await victim.start({ intent: 'connect', provider: 'malicious' });
    const state = stateOf(begun);
    const bent = new URL(kept);
    bent.searchParams.set('state', state);
    const back = await victim.authorize(new Response(null, { status: 303, headers: { location: bent.href } }), {
      account: 'victim@example.com',
    });
    expect(back.searchParams.get('code')).toBeTruthy();
    expect(back.pathname).toBe(`/oauth/callback/${provider}`);
    if (withIss) back.searchParams.set('iss', server.url);
    else back.searchParams.delete('iss');

    const refused = await victim.callback(back);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('callback_mismatch');
    expect(refused.headers.get('location')).toBeNull();
    expect(server.requestsTo('POST /token')).toEqual([]);
    expect(await codes()).toContain('callback_mismatch');
    // The flow is over: the answer cannot be tried at the malicious provider's own address either.
    const moved = new URL(back);
    moved.pathname = '/oauth/callback/malicious';
    expect(await (await victim.callback(moved)).text()).toContain('callback_mismatch');
    expect(server.requestsTo('POST /token')).toEqual([]);
    // Nor does the code serve the attacker's own flow in the victim's browser.
    const own = new URL(back);
    own.searchParams.set('state', kept.searchParams.get('state') ?? '');
    expect(await (await victim.callback(own)).text()).toContain('state_unknown');
  });

  test('metadata that names the honest authorization endpoint begins no flow', async () => {
    const endpoint = hub.runtime.providers.get(provider)?.authorization_endpoint;
    const { server, runtime } = await withMalicious({
      authorization_endpoint: undefined,
      token_endpoint: undefined,
      discovery: 'oauth2',
    });
    server.on('GET /.well-known/oauth-authorization-server', {
      json: {
        issuer: server.url,
        authorization_endpoint: endpoint ?? `${hub.demo.server(provider).url}/authorize`,
        token_endpoint: `${server.url}/token`,
      },
    });
    const victim = new Visitor(runtime);
    await victim.signIn('victim@example.com');
    const begun = await victim.start({ intent: 'connect', provider: 'malicious' });
    expect(begun.headers.get('location')).toContain('flow=provider_configuration');
  });
});

describe('A-01 the path of the callback', () => {
  const flow = async (path: (own: string) => string) => {
    const ada = new Visitor(hub.runtime);
    await ada.signIn('paths@example.com');
    const back = await ada.authorize(await ada.start({ intent: 'connect', provider: 'okta' }));
    back.pathname = path(back.pathname);
    return { ada, answer: await ada.callback(back) };
  };
  test.each([
    '/oauth/callback',
    '/oauth/callback/google',
    '/oauth/callback/okta/',
    '/oauth/callback/OKTA',
    '/oauth/callback/%6fkta',
  ])('%s is not the one of Okta', async (path) => {
    const before = hub.demo.server('okta').counts.code_exchanges;
    const { answer } = await flow(() => path);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('callback_mismatch');
    expect(hub.demo.server('okta').counts.code_exchanges).toBe(before);
  });
  test('its own is', async () => {
    const { answer } = await flow((own) => own);
    expect(answer.headers.get('location')).toContain('flow=connected');
  });
});

describe('A-02 a record reaches its own hosts only', () => {
  test.each([
    ...['token_endpoint', 'userinfo_endpoint', 'jwks_uri', 'revocation_endpoint', 'introspection_endpoint'],
    'pushed_authorization_request_endpoint',
  ])('metadata that names %s at an internal host of another record is not followed there', async (name) => {
    const other = await quirkyServer();
    const metadata = await quirkyServer();
    metadata.on('GET /.well-known/oauth-authorization-server', {
      json: {
        issuer: metadata.url,
        authorization_endpoint: `${metadata.url}/authorize`,
        token_endpoint: `${metadata.url}/token`,
        userinfo_endpoint: `${metadata.url}/userinfo`,
        require_pushed_authorization_requests: name === 'pushed_authorization_request_endpoint',
        [name]: `${other.url}/secret`,
      },
    });
    metadata.on('POST /token', { json: { access_token: 'at', refresh_token: 'rt' } });
    metadata.on('GET /userinfo', { json: { sub: 'ada' } });
    const base = { client_id: 'c', client_secret: 'not-a-real-secret', scopes: ['read'] };
    const runtime = createRuntime(hub.database.current, [
      ...hub.demo.providers.map((one) => ({ ...one })),
      {
        id: 'evil',
        name: 'Evil',
        issuer: metadata.url,
        discovery: 'oauth2',
        ...base,
        identity: { source: 'userinfo' },
      },
      {
        id: 'other',
        name: 'Other',
        issuer: other.url,
        authorization_endpoint: `${other.url}/a`,
        token_endpoint: `${other.url}/t`,
        userinfo_endpoint: `${other.url}/u`,
        ...base,
      },
    ]);
    const ada = new Visitor(runtime);
    await ada.signIn('hosts@example.com');
    const started = await ada.start({ intent: 'connect', provider: 'evil' });
    // A request that cannot be pushed begins no flow.
    const pushed = name === 'pushed_authorization_request_endpoint';
    const state = pushed ? 'none' : stateOf(started);
    await ada.callback(`http://localhost:3000/oauth/callback/evil?code=c&state=${state}`);
    await Promise.all(runtime.background);
    expect(other.seen).toEqual([]);
    if (pushed) expect(started.headers.get('location')).toContain('flow=provider_configuration');
  });
});
