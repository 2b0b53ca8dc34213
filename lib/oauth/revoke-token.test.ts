import { describe, expect, test } from 'vitest';
import { introspectToken } from '#lib/oauth/introspect-token';
import { revokeGrant } from '#lib/oauth/revoke-token';
import { clientSecret, depsFor, pinnedOf, quirkyRecord } from '#tests/servers/quirky-provider';
import { quirkyServer, type Reply } from '#tests/servers/quirky-server';

const both = { accessToken: 'at-1', refreshToken: 'rt-1' };

async function revoked(
  reply: Reply,
  revoke: object,
  tokens: { accessToken: string | null; refreshToken: string | null } = both,
) {
  const server = await quirkyServer();
  server.on('POST /revoke', reply);
  server.on('DELETE /revoke', reply);
  const provider = quirkyRecord(server, { revoke });
  return { server, result: revokeGrant(provider, pinnedOf(server), tokens, depsFor(provider)) };
}

describe('revoking by RFC 7009', () => {
  test('hands in the refresh token, authenticated as at the token endpoint', async () => {
    const { server, result } = await revoked({ text: '' }, {});
    expect(await result).toBe('revoked');
    expect(Object.fromEntries(server.seen[0]?.form ?? [])).toEqual({ token: 'rt-1', token_type_hint: 'refresh_token' });
    expect(server.seen[0]?.headers.authorization).toMatch(/^Basic /);
  });

  test('hands in the access token where the record says so, or where it is all there is', async () => {
    const first = await revoked({ text: '' }, { token_kind: 'access_token' });
    expect(await first.result).toBe('revoked');
    expect(first.server.seen[0]?.form.get('token')).toBe('at-1');
    const second = await revoked({ text: '' }, {}, { accessToken: 'at-1', refreshToken: null });
    expect(await second.result).toBe('revoked');
    expect(second.server.seen[0]?.form.get('token')).toBe('at-1');
  });

  test('hands in both, the refresh token first, where the record says so', async () => {
    const { server, result } = await revoked({ text: '' }, { token_kind: 'both' });
    await result;
    expect(server.seen.map(({ form }) => form.get('token'))).toEqual(['rt-1', 'at-1']);
  });

  test('sends no client credentials to a server that wants none', async () => {
    const { server, result } = await revoked({ text: '' }, { auth: 'none' });
    await result;
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
    expect(server.seen[0]?.body).not.toContain('client');
  });

  test('writes JSON for a server whose token endpoint takes JSON', async () => {
    const server = await quirkyServer();
    server.on('POST /revoke', { text: '' });
    const record = { token_request_format: 'json', token_endpoint_auth_method: 'client_secret_post' };
    const provider = quirkyRecord(server, record);
    expect(await revokeGrant(provider, pinnedOf(server), both, depsFor(provider))).toBe('revoked');
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
      client_id: provider.client_id,
      client_secret: clientSecret,
      token: 'rt-1',
      token_type_hint: 'refresh_token',
    });
  });

  test.each<[string, Reply, object, string]>([
    ['a token that was dead already', { status: 400, json: { error: 'invalid_token' } }, {}, 'revoked'],
    [
      'a code the record takes for gone',
      { status: 400, json: { error: 'unknown' } },
      { gone_codes: ['unknown'] },
      'revoked',
    ],
    ['a kind of token it cannot revoke', { status: 400, json: { error: 'unsupported_token_type' } }, {}, 'unsupported'],
  ])('understands %s', async (_, reply, revoke, expected) => {
    const { result } = await revoked(reply, revoke);
    expect(await result).toBe(expected);
  });

  test.each<[string, Reply, object]>([
    [
      '503 with Retry-After',
      { status: 503, text: 'later', headers: { 'retry-after': '30' } },
      { disposition: 'transient', retryAfterSeconds: 30 },
    ],
    ['429', { status: 429, text: '' }, { code: 'rate_limited', disposition: 'transient' }],
    ['401', { status: 401, text: '' }, { code: 'invalid_client', disposition: 'configuration' }],
    [
      '400 with another code',
      { status: 400, json: { error: 'invalid_request' } },
      { code: 'request_rejected', providerError: 'invalid_request' },
    ],
  ])('fails with a code on %s', async (_, reply, expected) => {
    const { result } = await revoked(reply, {});
    await expect(result).rejects.toMatchObject(expected);
  });
});

describe('revoking by DELETE, as GitHub', () => {
  const style = { style: 'delete_json', auth: 'basic' };

  test('sends the access token as JSON with Basic', async () => {
    const { server, result } = await revoked({ raw: (response) => response.writeHead(204).end() }, style);
    expect(await result).toBe('revoked');
    expect(server.seen[0]).toMatchObject({ method: 'DELETE', body: '{"access_token":"at-1"}' });
    expect(server.seen[0]?.headers.authorization).toMatch(/^Basic /);
    expect(server.seen[0]?.body).not.toContain(clientSecret);
  });

  test.each([404, 422])(
    'takes %i for gone where there is no refresh token, else asks for a fresh access token',
    async (status) => {
      const alone = await revoked({ status, json: {} }, style, { accessToken: 'at-1', refreshToken: null });
      expect(await alone.result).toBe('revoked');
      const paired = await revoked({ status, json: {} }, style);
      await expect(paired.result).rejects.toMatchObject({ code: 'token_rejected' });
    },
  );

  test.each([
    [401, 'invalid_client'],
    [403, 'request_rejected'],
    [500, 'provider_unavailable'],
  ])('fails with a code on %i', async (status, code) => {
    const { result } = await revoked({ status, text: '' }, style);
    await expect(result).rejects.toMatchObject({ code });
  });
});

test('revoking asks nobody where the record knows no way, no endpoint or no token', async () => {
  const none = await revoked({ text: '' }, { style: 'none' });
  expect(await none.result).toBe('unsupported');
  const empty = await revoked({ text: '' }, {}, { accessToken: null, refreshToken: null });
  expect(await empty.result).toBe('unsupported');
  const server = await quirkyServer();
  const provider = quirkyRecord(server);
  const { revocation_endpoint: _, ...pinned } = pinnedOf(server);
  expect(await revokeGrant(provider, pinned, both, depsFor(provider))).toBe('unsupported');
  expect([...none.server.seen, ...empty.server.seen, ...server.seen]).toHaveLength(0);
});

describe('introspecting', () => {
  async function introspected(reply: Reply) {
    const server = await quirkyServer();
    server.on('POST /introspect', reply);
    const provider = quirkyRecord(server);
    return { server, result: introspectToken(provider, pinnedOf(server), { token: 'at-1' }, depsFor(provider)) };
  }

  test.each([
    [
      { active: true, exp: 1_900_000_000 },
      { active: true, exp: 1_900_000_000 },
    ],
    [{ active: true }, { active: true, exp: null }],
    [
      { active: true, exp: 'later' },
      { active: true, exp: null },
    ],
    [{ active: false }, { active: false, exp: null }],
  ])('reads %j', async (json, expected) => {
    const { server, result } = await introspected({ json });
    expect(await result).toEqual({ ...expected, claims: json, answeredAt: expect.any(Number) });
    expect(server.seen[0]?.form.get('token')).toBe('at-1');
  });

  test.each<[Reply, string]>([
    [{ json: { active: 'yes' } }, 'token_answer_invalid'],
    [{ text: '<html>' }, 'token_answer_invalid'],
    [{ status: 401, json: { error: 'invalid_client' } }, 'invalid_client'],
    [{ status: 500, text: '' }, 'provider_unavailable'],
  ])('fails on %j with %s', async (reply, code) => {
    const { result } = await introspected(reply);
    await expect(result).rejects.toMatchObject({ code });
  });
});

describe('revoking by showing the access token', () => {
  test.each(['POST', 'DELETE'])('sends an empty %s with it, and no credentials of the client', async (method) => {
    const { server, result } = await revoked({ status: 204, text: '' }, { style: 'bearer', method });
    expect(await result).toBe('revoked');
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([`${method} /revoke`]);
    expect(server.seen[0]?.headers.authorization).toBe('Bearer at-1');
    expect(server.seen[0]?.body).toBe('');
  });

  test.each([
    ['form', { token_param: 'access_token' }, 'access_token=at-1', ''],
    ['query', { token_param: 'access_token', dangerously_by_get: true }, '', '?access_token=at-1'],
  ])('in the %s, where the API takes it there', async (_, place, body, query) => {
    const server = await quirkyServer();
    server.on('POST /revoke', { status: 204, text: '' });
    const identity = { source: 'endpoint', endpoint: `${server.url}/me`, subject: 'id', ...place };
    const provider = quirkyRecord(server, { revoke: { style: 'bearer' }, identity });
    const deps = depsFor(provider);
    const urls: URL[] = [];
    const fetch: typeof deps.fetch = (input, init) => {
      urls.push(new URL(input instanceof Request ? input.url : input));
      return deps.fetch(input, init);
    };
    const tokens = { accessToken: 'at-1', refreshToken: null };
    expect(await revokeGrant(provider, pinnedOf(server), tokens, { ...deps, fetch })).toBe('revoked');
    expect(server.seen[0]).toMatchObject({ method: 'POST', body });
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
    expect(urls.map(({ search }) => search)).toEqual([query]);
  });

  test('a token that it no longer takes is dead; a refresh token beside it asks for a fresh one first', async () => {
    const alone = { accessToken: 'at-1', refreshToken: null };
    const dead = await revoked({ status: 401, text: '' }, { style: 'bearer' }, alone);
    expect(await dead.result).toBe('revoked');
    const half = await revoked({ status: 401, text: '' }, { style: 'bearer' });
    await expect(half.result).rejects.toMatchObject({ code: 'token_rejected' });
    const none = await revoked(
      { status: 204, text: '' },
      { style: 'bearer' },
      { accessToken: null, refreshToken: 'rt-1' },
    );
    await expect(none.result).rejects.toMatchObject({ code: 'token_rejected' });
    expect(none.server.seen).toEqual([]);
  });

  test('what it refuses is not called revoked', async () => {
    const { result } = await revoked({ status: 403, json: { error: 'forbidden' } }, { style: 'bearer' });
    await expect(result).rejects.toMatchObject({ code: 'request_rejected', providerError: 'forbidden' });
    const server = await quirkyServer();
    server.on('POST /revoke', { json: { ok: false, error: 'not_allowed' } });
    const provider = quirkyRecord(server, { revoke: { style: 'bearer' }, error_in_200: true });
    const said = revokeGrant(provider, pinnedOf(server), both, depsFor(provider));
    await expect(said).rejects.toMatchObject({ code: 'request_rejected', providerError: 'not_allowed' });
  });
});
