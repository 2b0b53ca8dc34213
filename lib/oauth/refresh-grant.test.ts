import { describe, expect, test } from 'vitest';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { depsFor, pinnedOf, quirkyRecord, runExchange } from '#tests/servers/quirky-provider';
import { type Behaviour, quirkyServer } from '#tests/servers/quirky-server';

async function refreshed(behaviour: Behaviour, overrides: Record<string, unknown> = {}, limits = {}) {
  const server = await quirkyServer();
  server.on('POST /token', behaviour);
  const provider = quirkyRecord(server, overrides);
  const tokens = refreshGrant(provider, pinnedOf(server), { refreshToken: 'rt-1' }, depsFor(provider, limits));
  return { server, tokens };
}

describe('refreshing', () => {
  test('sends the refresh token with client authentication, once', async () => {
    const { server, tokens } = await refreshed({
      json: { access_token: 'at-2', refresh_token: 'rt-2', expires_in: 1 },
    });
    expect(await tokens).toMatchObject({ access_token: 'at-2', refresh_token: 'rt-2', expires_in: 1 });
    expect(Object.fromEntries(server.seen[0]?.form ?? [])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'rt-1',
    });
    expect(server.seen[0]?.headers.authorization).toMatch(/^Basic /);
    expect(server.seen).toHaveLength(1);
  });

  test('says null where no new refresh token came', async () => {
    const { tokens } = await refreshed({ json: { access_token: 'at-2' } });
    expect((await tokens).refresh_token).toBeNull();
  });

  test('reads no ID token', async () => {
    const { tokens } = await refreshed({ json: { access_token: 'at-2', id_token: 'garbage' } });
    expect((await tokens).id_token_claims).toBeNull();
  });

  test('goes to the record’s own endpoint with its parameters, filled with the account’s part', async () => {
    const server = await quirkyServer();
    server.on('POST /tenants/acme/renew', { json: { access_token: 'at-2' } });
    const provider = quirkyRecord(server, {
      refresh_endpoint: `${server.url}/tenants/{tenant}/renew`,
      refresh_params: { access_type: 'offline' },
      account_params: [{ name: 'tenant', label: 'Tenant', pattern: '^[a-z]+$', example: 'acme' }],
    });
    const input = { refreshToken: 'rt-1', accountParams: { tenant: 'acme' } };
    await refreshGrant(provider, pinnedOf(server), input, depsFor(provider));
    expect(server.seen[0]?.form.get('access_type')).toBe('offline');
    await expect(
      refreshGrant(
        provider,
        pinnedOf(server),
        { refreshToken: 'rt-1', accountParams: { tenant: 'a/../b' } },
        depsFor(provider),
      ),
    ).rejects.toMatchObject({ code: 'account_param_invalid' });
    expect(server.seen).toHaveLength(1);
  });
});

/** What each answer of the token endpoint means for a grant: only coded answers with a 2xx or 4xx status can end it. */
describe('a grant is', () => {
  const github = { error_in_200: true, dead_codes: ['bad_refresh_token', 'invalid_grant'] };
  const rows: [string, Behaviour, Record<string, unknown>, object][] = [
    [
      'dead on invalid_grant',
      { status: 400, json: { error: 'invalid_grant' } },
      {},
      { code: 'invalid_grant', disposition: 'dead_grant' },
    ],
    [
      'dead on invalid_grant with 401',
      { status: 401, json: { error: 'invalid_grant' } },
      {},
      { disposition: 'dead_grant' },
    ],
    [
      'dead on invalid_grant with 403',
      { status: 403, json: { error: 'invalid_grant' } },
      {},
      { disposition: 'dead_grant' },
    ],
    [
      'dead on invalid_grant beside a challenge',
      { status: 401, json: { error: 'invalid_grant' }, headers: { 'www-authenticate': 'Bearer' } },
      {},
      { disposition: 'dead_grant' },
    ],
    [
      'dead on GitHub’s code in a 200',
      { json: { error: 'bad_refresh_token' } },
      github,
      { disposition: 'dead_grant', providerError: 'bad_refresh_token' },
    ],
    [
      'dead on GitHub’s code in a form',
      { form: { error: 'bad_refresh_token' } },
      github,
      { disposition: 'dead_grant' },
    ],
    [
      'dead on a code inside an error object',
      { status: 400, json: { error: { code: 'token_revoked' } } },
      { dead_codes: ['token_revoked'] },
      { disposition: 'dead_grant' },
    ],
    [
      'not dead on a code the record does not list',
      { status: 400, json: { error: 'token_revoked' } },
      {},
      { code: 'refresh_refused', disposition: 'unclear' },
    ],
    [
      'not dead on Slack’s ok: false without a code',
      { json: { ok: false } },
      { error_in_200: true },
      { code: 'refresh_refused' },
    ],
    [
      'not dead on an error in a 200 where the record does not expect one',
      { json: { error: 'invalid_grant' } },
      {},
      { code: 'refresh_refused', disposition: 'unclear', providerError: 'invalid_grant' },
    ],
    [
      'not dead when the words say so but not the code',
      { status: 400, json: { error: 'invalid_request', error_description: 'invalid_grant: token revoked' } },
      {},
      { code: 'refresh_refused' },
    ],
    [
      'not dead on invalid_client',
      { status: 401, json: { error: 'invalid_client' } },
      {},
      { code: 'invalid_client', disposition: 'configuration' },
    ],
    [
      'not dead on GitHub’s wrong credentials',
      { json: { error: 'incorrect_client_credentials' } },
      github,
      { code: 'invalid_client', disposition: 'configuration' },
    ],
    [
      'not dead on invalid_scope',
      { status: 400, json: { error: 'invalid_scope' } },
      {},
      { code: 'refresh_refused', disposition: 'unclear' },
    ],
    [
      'not dead on temporarily_unavailable',
      { status: 400, json: { error: 'temporarily_unavailable' } },
      {},
      { disposition: 'transient' },
    ],
    [
      'not dead on 429, whatever the body',
      { status: 429, json: { error: 'invalid_grant' }, headers: { 'retry-after': '17' } },
      {},
      { code: 'rate_limited', disposition: 'transient', retryAfterSeconds: 17 },
    ],
    ['not dead on 408', { status: 408, json: { error: 'invalid_grant' } }, {}, { disposition: 'transient' }],
    [
      'not dead on 500 with invalid_grant',
      { status: 500, json: { error: 'invalid_grant' } },
      {},
      { code: 'provider_unavailable', disposition: 'transient' },
    ],
    [
      'not dead on 503 in HTML',
      { status: 503, text: '<html>', headers: { 'retry-after': '120' } },
      {},
      { disposition: 'transient', retryAfterSeconds: 120 },
    ],
    ['not dead on a firewall’s 403', { status: 403, text: 'Access denied' }, {}, { disposition: 'answer_invalid' }],
    [
      'not dead on a redirect',
      { status: 302, text: '', headers: { location: 'https://elsewhere.example' } },
      {},
      { code: 'redirect_refused' },
    ],
    [
      'not dead on a closed connection',
      { raw: (response) => response.destroy() },
      {},
      { code: 'provider_unavailable', disposition: 'transient' },
    ],
    [
      'not dead on a body that breaks off',
      {
        raw: (response) =>
          void response.writeHead(200, { 'content-length': '99' }).end('{"access', () => response.destroy()),
      },
      {},
      { disposition: 'transient' },
    ],
  ];
  test.each(rows)('%s', async (_, behaviour, overrides, expected) => {
    const { tokens } = await refreshed(behaviour, overrides);
    await expect(tokens).rejects.toMatchObject({ name: 'OAuthError', ...expected });
  });

  test('not dead when nobody answers in time', async () => {
    const { tokens } = await refreshed({ hang: true }, {}, { timeoutMs: 1_000 });
    await expect(tokens).rejects.toMatchObject({ code: 'provider_timeout', disposition: 'transient' });
  });

  test('not dead when the answer is too large', async () => {
    const { tokens } = await refreshed({ text: 'x'.repeat(5000) }, {}, { maxBytes: 1000 });
    await expect(tokens).rejects.toMatchObject({ code: 'answer_too_large', disposition: 'answer_invalid' });
  });

  test('not dead when nothing listens there', async () => {
    const server = await quirkyServer();
    const provider = quirkyRecord(server, { token_endpoint: 'http://127.0.0.1:1/token' });
    const pinned = pinnedOf(server, { token_endpoint: 'http://127.0.0.1:1/token' });
    await expect(refreshGrant(provider, pinned, { refreshToken: 'rt-1' }, depsFor(provider))).rejects.toMatchObject({
      disposition: 'transient',
    });
  });
});

test('for an authorization code, the same codes refuse the flow and kill nothing', async () => {
  const server = await quirkyServer();
  for (const error of ['invalid_grant', 'bad_verification_code']) {
    server.on('POST /token', { json: { error } });
    const provider = quirkyRecord(server, {
      error_in_200: true,
      dead_codes: ['invalid_grant', 'bad_verification_code'],
    });
    await expect(runExchange(provider, pinnedOf(server))).rejects.toMatchObject({
      code: 'invalid_grant',
      disposition: 'refused',
      providerError: error,
    });
  }
});

describe('429 without Retry-After, as servers name the end of the limit', () => {
  const inForty = () => Math.ceil(Date.now() / 1000) + 40;
  test.each<[string, () => Record<string, string>, number]>([
    ['a moment (Okta)', () => ({ 'x-rate-limit-reset': String(inForty()) }), 40],
    ['a moment in milliseconds (Linear)', () => ({ 'x-ratelimit-reset': String(inForty() * 1000) }), 40],
    ['a date', () => ({ 'x-ratelimit-reset': new Date(inForty() * 1000).toUTCString() }), 40],
    ['seconds', () => ({ 'ratelimit-reset': '40' }), 40],
    ['a part of a second (Discord)', () => ({ 'x-ratelimit-reset-after': '39.2' }), 40],
    ['a policy with its window', () => ({ ratelimit: '"default";r=0;t=40' }), 40],
    ['the same of an earlier draft', () => ({ ratelimit: 'limit=100, remaining=0, reset=40' }), 40],
    ['a moment that is over', () => ({ 'x-rate-limit-reset': String(inForty() - 90) }), 0],
    ['a year', () => ({ 'x-rate-limit-reset': String(inForty() + 31_536_000) }), 86_400],
  ])('%s', async (_, headers, seconds) => {
    const { tokens } = await refreshed({ status: 429, json: { errorCode: 'E0000047' }, headers: headers() });
    const error = (await tokens.catch((thrown: unknown) => thrown)) as { code: string; retryAfterSeconds: number };
    expect(error.code).toBe('rate_limited');
    expect(Math.abs(error.retryAfterSeconds - seconds)).toBeLessThanOrEqual(2);
  });
  test.each(['', 'soon', '"default";r=0', 'tt=5'])('%j says nothing', async (ratelimit) => {
    const { tokens } = await refreshed({ status: 429, text: '', headers: { ratelimit, 'x-rate-limit-reset': 'soon' } });
    const error: unknown = await tokens.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'rate_limited', retryAfterSeconds: undefined });
  });
});

test('Retry-After may be a date', async () => {
  const { tokens } = await refreshed({
    status: 503,
    text: '',
    headers: { 'retry-after': new Date(Date.now() + 90_000).toUTCString() },
  });
  const error: unknown = await tokens.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ disposition: 'transient' });
  expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(80);
  expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeLessThanOrEqual(90);
});
