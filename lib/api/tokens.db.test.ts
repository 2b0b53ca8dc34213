import { createHash } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import { revokeApiKey } from '#lib/api-keys/revoke-api-key';
import { systemContext } from '#lib/context';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, as, createRuntime, entries, freeze, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: ReturnType<typeof createRuntime>;
let api: ReturnType<typeof createApi>;

beforeEach(() => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  api = createApi(async () => as(runtime, { type: 'anonymous' }));
});

const post = (id: string, key: string, init: RequestInit = {}) =>
  api.request(`/api/v1/connections/${id}/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    ...init,
  });

async function oneConnection() {
  const { id: personId } = await addPerson(runtime);
  return addConnection(runtime, {
    personId,
    accessToken: 'at_live',
    values: { extras: { instance_url: 'https://na1.example' } },
  });
}

test('a key is made, shown, and answered with a live token', async () => {
  const id = await oneConnection();
  const { key } = await addApiKey(runtime);
  const answer = await post(id, key);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  const body = (await answer.json()) as Record<string, unknown>;
  expect(body).toEqual({
    access_token: 'at_live',
    token_type: 'Bearer',
    expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    expires_in: expect.any(Number),
    scope: 'read write',
    missing_scopes: [],
    provider: 'acme',
    account: { issuer: 'https://acme.example', subject: id, label: 'ada@acme.example' },
    instance_url: 'https://na1.example',
  });
});

test('a token without an end has expires_at and expires_in null', async () => {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId, expiresIn: null });
  const { key } = await addApiKey(runtime);
  expect(await (await post(id, key)).json()).toMatchObject({ expires_at: null, expires_in: null });
});

test.each([
  ['no key', () => ''],
  ['a made-up key', () => 'gk_nonsense'],
  ['a key with one letter changed', (key: string) => `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`],
  ['a key cut short', (key: string) => key.slice(0, -3)],
])('%s is a 401 with a challenge and no row of its own', async (_, spoil) => {
  const id = await oneConnection();
  const { key } = await addApiKey(runtime);
  const answer = await post(id, spoil(key));
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(await answer.json()).toMatchObject({
    type: 'urn:grantkeep:error:invalid_api_key',
    title: 'Unauthorized',
    status: 401,
    code: 'invalid_api_key',
    request_id: answer.headers.get('x-request-id'),
  });
});

test.each<[string, HeadersInit, challenge: string]>([
  ['no header', {}, 'Bearer realm="grantkeep"'],
  ['another scheme', { authorization: 'Basic YTpi' }, 'Bearer realm="grantkeep"'],
  ['a scheme that only begins alike', { authorization: 'Bearerx gk_nonsense' }, 'Bearer realm="grantkeep"'],
  ['the scheme alone', { authorization: 'Bearer ' }, 'Bearer realm="grantkeep"'],
  ['a wrong key', { authorization: 'Bearer gk_nonsense' }, 'Bearer realm="grantkeep", error="invalid_token"'],
  ['a key of other characters', { authorization: 'Bearer a b"' }, 'Bearer realm="grantkeep", error="invalid_token"'],
])(
  'a request without a key gets a challenge that names no error, and one with a key does: %s',
  async (_, headers, challenge) => {
    for (const path of ['/api/v1/connections', '/api/v1/connections/con_x/token']) {
      const answer = await api.request(path, { method: path.endsWith('token') ? 'POST' : 'GET', headers });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, challenge]);
      expect(await answer.json()).toMatchObject({ code: 'invalid_api_key' });
    }
  },
);

test('a revoked key is refused at the very next request', async () => {
  const id = await oneConnection();
  const { id: keyId, key } = await addApiKey(runtime);
  expect((await post(id, key)).status).toBe(200);
  await revokeApiKey(systemContext(runtime, 'test'), { id: keyId });
  expect((await post(id, key)).status).toBe(401);
});

test('bodies: an empty object passes, the unknown, the malformed and the huge do not', async () => {
  const id = await oneConnection();
  const { key } = await addApiKey(runtime);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const statuses: [number, string | null][] = [];
  for (const body of ['{}', '{"surprise":1}', '{', `{"a":"${'x'.repeat(100_000)}"}`]) {
    const answer = await post(id, key, { headers, body });
    statuses.push([answer.status, answer.ok ? null : ((await answer.json()) as { code: string }).code]);
  }
  expect(statuses).toEqual([
    [200, null],
    [400, 'invalid_request'],
    [400, 'invalid_request'],
    [413, 'body_too_large'],
  ]);
});

test('a body may state purpose and scopes; a scope that the connection cannot have is named by its place', async () => {
  const id = await oneConnection();
  const { key } = await addApiKey(runtime);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const state = (body: object) => post(id, key, { headers, body: JSON.stringify(body) });
  expect((await state({ purpose: 'Nightly invoices', scopes: ['read'] })).status).toBe(200);
  const answer = await state({ scopes: ['read', 'sp_canary'] });
  expect(answer.status).toBe(400);
  // Refused after the key was looked up, so that the key's rate pays for it.
  expect(answer.headers.get('ratelimit')).toBeTruthy();
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ code: 'unknown_scope', issues: [{ path: 'scopes.1' }] });
  expect(text).not.toContain('canary');
});

test('a token that the provider refused is refreshed, or if it cannot be, asked about', async () => {
  const id = await oneConnection();
  const { key } = await addApiKey(runtime);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const report = (fingerprint: string) =>
    post(id, key, { headers, body: JSON.stringify({ rejected_token_fingerprint: fingerprint }) });
  const fingerprint = createHash('sha256').update('at_live').digest('base64');
  expect((await report(fingerprint)).status).toBe(200);
  expect(runtime.logged.map(({ event }) => event)).toContain('token_check_failed');
  const answer = await report('nonsense');
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, 'invalid_request']);
});

test.each([
  ['revoked', { status: 'revoked' as const }, 409],
  ['needs_reconnect', { status: 'needs_reconnect' as const }, 409],
  ['frozen', undefined, 423],
])('a connection that is %s is answered with its status', async (code, values, status) => {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId, ...(values ? { values } : {}) });
  if (code === 'frozen') await freeze(runtime, 'connection', id);
  const { key } = await addApiKey(runtime);
  const answer = await post(id, key);
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
  expect(answer.headers.get('retry-after')).toBeNull();
});

test('a provider that is down is a 503 that says when to come back, and nothing of what went wrong there', async () => {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId, refreshToken: 'rt_canary', expiresIn: -1, age: 3600 });
  const { key } = await addApiKey(runtime);
  const answer = await post(id, key);
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ code: 'provider_unavailable', status: 503 });
  expect(text).not.toMatch(/canary|ECONNREFUSED|127\.0\.0\.1/);
});

test('a key without the scope is a 403 that names the scope in its challenge', async () => {
  const id = await oneConnection();
  const { key } = await addApiKey(runtime, { scopes: ['connections:read'] });
  const answer = await post(id, key);
  expect(answer.status).toBe(403);
  expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
  expect(await answer.json()).toMatchObject({
    code: 'insufficient_scope',
    detail: expect.stringContaining('tokens:vend'),
  });
});

test('a flood of wrong keys makes one row a minute and network', async () => {
  const id = await oneConnection();
  const before = (await entries(runtime)).length;
  for (let n = 0; n < 50; n++) expect((await post(id, `gk_wrong${n}`)).status).toBe(401);
  expect(await entries(runtime)).toHaveLength(before);
  await runtime.refusals.flush(runtime.database.db);
  const written = (await entries(runtime)).slice(before);
  expect(written).toMatchObject([{ action: 'request.refused', code: 'invalid_api_key', ip: '203.0.113.0/24' }]);
});

test('what is not understood inside is a 500 without its text, and in the log', async () => {
  const id = await oneConnection();
  const { key } = await addApiKey(runtime);
  const broken = createRuntime(database.current, []);
  const elsewhere = createApi(async () => ({
    ...as(runtime, { type: 'anonymous' }),
    log: broken.log,
    vault: {
      ...runtime.vault,
      open: () => {
        throw new Error('secret at_canary inside');
      },
    },
  }));
  const headers = { authorization: `Bearer ${key}` };
  const answer = await elsewhere.request(`/api/v1/connections/${id}/token`, { method: 'POST', headers });
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ code: 'internal', request_id: answer.headers.get('x-request-id') });
  expect(broken.logged).toContainEqual(
    expect.objectContaining({ level: 'error', event: 'api_failed', error_code: 'internal' }),
  );
});
