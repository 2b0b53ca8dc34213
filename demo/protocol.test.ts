import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CookieJar } from '#demo/cookie-jar';
import { appUrl, authorizationUrl, authorize, connect, exchange, get, redirectUri, refresh } from '#demo/raw-client';
import type { ProviderRecordInput } from '#demo/records';
import { type Demo, startDemo } from '#demo/start';
import { demoProviderIds } from '#demo/switches';
import { providersFileSchema } from '#lib/config/provider-record';

let demo: Demo;
const record = (id: string) => demo.providers.find((provider) => provider.id === id) as ProviderRecordInput;

beforeAll(async () => {
  demo = await startDemo({ appUrl });
});
afterAll(() => demo.close());
beforeEach(() => {
  for (const id of demoProviderIds) demo.server(id).reset();
});

const withRefresh = (id: string) => (id === 'demo' ? ['openid', 'offline_access'] : record(id).scopes);
const ok = (status: number, json: Record<string, unknown>) => status === 200 && !('error' in json);

test('the provider records are a file that the app accepts', () => {
  const parsed = providersFileSchema({ appUrl: new URL(appUrl) }).safeParse(demo.providers);
  expect(parsed.error).toBeUndefined();
});

describe.each(demoProviderIds)('%s keeps the protocol', (id) => {
  test('a consent gives tokens that work at the resource API until they expire', async () => {
    demo.server(id).switches.access_token_ttl_s = 2;
    const { json } = await connect(record(id), { account: 'Grace Hopper' });
    const before = await get(`${demo.resourceUrl}/${id}/me`, json.access_token);
    expect(before.json).toMatchObject({ provider: id, account: { name: 'Grace Hopper' } });
    const status = async () => (await get(`${demo.resourceUrl}/me`, json.access_token)).status;
    await expect.poll(status).toBe(401);
  });

  test('a refresh gives a new access token for the same account', async () => {
    const first = await connect(record(id), { scopes: withRefresh(id) });
    const second = await refresh(record(id), first.json.refresh_token);
    expect(second.status).toBe(200);
    expect(second.json.access_token).not.toBe(first.json.access_token);
    const { json } = await get(`${demo.resourceUrl}/me`, second.json.access_token);
    expect(json.provider).toBe(id);
    expect(demo.server(id).counts).toMatchObject({ code_exchanges: 1, refreshes: 1, token_requests: 2 });
  });

  test('a wrong verifier, and one that is missing, are refused', async () => {
    const wrong = await exchange(record(id), await authorize(record(id)), { code_verifier: 'a'.repeat(43) });
    expect(ok(wrong.status, wrong.json)).toBe(false);
    const missing = await exchange(record(id), await authorize(record(id)), { code_verifier: '' });
    expect(ok(missing.status, missing.json)).toBe(false);
    expect(demo.server(id).counts).toMatchObject({
      token_errors: 2,
      last_token_request: { has_code_verifier: false, grant_type: 'authorization_code' },
    });
  });

  test('a code works once; a second use ends what the first gave', async () => {
    const flow = await authorize(record(id));
    const first = await exchange(record(id), flow);
    expect(ok(first.status, first.json)).toBe(true);
    const second = await exchange(record(id), flow);
    expect(ok(second.status, second.json)).toBe(false);
    expect((await get(`${demo.resourceUrl}/me`, first.json.access_token)).status).toBe(401);
  });

  test('a wrong client secret is refused', async () => {
    const impostor = { ...record(id), client_secret: 'not-the-secret' };
    const { status, json } = await exchange(impostor, await authorize(record(id)));
    expect(ok(status, json)).toBe(false);
    const words: Record<string, string> = { github: 'incorrect_client_credentials', auth0: 'access_denied' };
    expect(json.error).toBe(words[id] ?? 'invalid_client');
  });

  test('a person who denies is sent back with access_denied and the state', async () => {
    const { callback } = await authorize(record(id), { deny: true });
    expect(callback.searchParams.get('error')).toBe('access_denied');
    expect(callback.searchParams.get('state')).toBe('the-state');
    expect(demo.server(id).counts.authorizations).toBe(0);
  });

  test('an unregistered redirect URI gets a page, and the application nothing', async () => {
    const url = authorizationUrl(record(id), 'v'.repeat(43), { params: { redirect_uri: `${redirectUri(id)}/` } });
    const response = await fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('This request cannot be answered');
  });

  test('prompt=none is answered with an error, since each authorization asks the person', async () => {
    const url = authorizationUrl(record(id), 'v'.repeat(43), { params: { prompt: 'none' } });
    const response = await fetch(url, { redirect: 'manual' });
    expect(new URL(String(response.headers.get('location'))).searchParams.get('error')).toBe('login_required');
  });

  test('two flows side by side in one browser do not end each other', async () => {
    const jar = new CookieJar();
    const [first, second] = await Promise.all([
      connect(record(id), { account: 'Ada Lovelace', jar }),
      connect(record(id), { account: 'Grace Hopper', jar }),
    ]);
    for (const { status, json } of [first, second]) expect(ok(status, json)).toBe(true);
  });
});

test('the resource API refuses what is no live token, in each provider’s own shape', async () => {
  const none = await fetch(`${demo.resourceUrl}/me`);
  expect(none.status).toBe(401);
  expect(none.headers.get('www-authenticate')).toContain('Bearer');
  expect((await get(`${demo.resourceUrl}/github/me`, 'gho_x')).json).toMatchObject({ message: 'Bad credentials' });
  const salesforce = await get(`${demo.resourceUrl}/salesforce/me`, 'x');
  expect(salesforce.json).toMatchObject([{ errorCode: 'INVALID_SESSION_ID' }]);
});

test('a token of one provider does not work at another’s part of the resource API', async () => {
  const { json } = await connect(record('okta'));
  expect((await get(`${demo.resourceUrl}/auth0/me`, json.access_token)).status).toBe(401);
  expect((await get(`${demo.resourceUrl}/okta/me`, json.access_token)).status).toBe(200);
});

test('metadata names its own issuer, and advertises iss only at the server that promises it', async () => {
  for (const id of ['demo', 'google', 'salesforce', 'okta', 'auth0']) {
    const { issuer, authorization_endpoint } = record(id);
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const metadata = (await (await fetch(url)).json()) as Record<string, unknown>;
    expect(metadata).toMatchObject({ issuer, authorization_endpoint, token_endpoint: record(id).token_endpoint });
    expect(metadata.authorization_response_iss_parameter_supported).toBe(id === 'demo' ? true : undefined);
  }
  expect((await fetch(`${demo.server('github').url}/.well-known/openid-configuration`)).status).toBe(404);
});
