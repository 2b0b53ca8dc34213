import { expect, test } from 'vitest';
import { demoInTest } from '#demo/demo-in-test';
import { appUrl, authorize, connect, exchange, get, refresh, revoke } from '#demo/raw-client';
import { startDemo } from '#demo/start';

const okta = demoInTest('okta');

const works = async (token: unknown) => (await get(`${okta.demo.resourceUrl}/okta/me`, token)).status === 200;

test.each([500, 503, 429])('token_status %i answers so and processes nothing', async (status) => {
  const { json } = await connect(okta.record);
  okta.server.switches.token_status = status;
  okta.server.switches.retry_after_s = 7;
  const failed = await refresh(okta.record, json.refresh_token);
  expect(failed.status).toBe(status);
  expect(failed.headers.get('retry-after')).toBe(status === 503 ? '7' : null);
  expect(failed.headers.has('x-rate-limit-reset')).toBe(status === 429);
  okta.server.switches.token_status = null;
  expect((await refresh(okta.record, json.refresh_token)).status).toBe(200);
  expect(okta.server.counts).toMatchObject({ refreshes: 2, token_errors: 0 });
});

test.each([
  ['html', (text: string) => expect(text).toContain('<h1>')],
  ['empty', (text: string) => expect(text).toBe('')],
  ['garbage', (text: string) => expect(() => JSON.parse(text)).toThrow()],
  ['huge', (text: string) => expect(text.length).toBeGreaterThan(16 * 1024 * 1024)],
] as const)('token_body %s answers a body that is no token response', async (body, check) => {
  const flow = await authorize(okta.record);
  okta.server.switches.token_body = body;
  const { status, text } = await exchange(okta.record, flow);
  expect(status).toBe(200);
  check(text);
  okta.server.switches.token_body = null;
  expect((await exchange(okta.record, flow)).status).toBe(200);
});

test('token_body with token_status answers both', async () => {
  Object.assign(okta.server.switches, { token_body: 'html', token_status: 503 });
  const { status, headers } = await refresh(okta.record, 'any');
  expect([status, headers.get('content-type')]).toEqual([503, expect.stringContaining('text/html')]);
});

test('token_body hang never answers, and does not keep the server from closing', async () => {
  const own = await startDemo({ appUrl, only: ['okta'] });
  const record = own.providers[0] ?? okta.record;
  own.server('okta').switches.token_body = 'hang';
  const hanging = refresh(record, 'any').then(
    () => 'answered',
    () => 'cut off',
  );
  await expect.poll(() => own.server('okta').counts.refreshes).toBe(1);
  await own.close();
  expect(await hanging).toBe('cut off');
});

test('token_error answers that code and processes nothing', async () => {
  const { json } = await connect(okta.record);
  okta.server.switches.token_error = 'invalid_grant';
  const dead = await refresh(okta.record, json.refresh_token);
  expect([dead.status, dead.json.error]).toEqual([400, 'invalid_grant']);
  okta.server.switches.token_error = 'invalid_client';
  expect((await refresh(okta.record, json.refresh_token)).status).toBe(401);
  okta.server.switches.token_error = null;
  expect((await refresh(okta.record, json.refresh_token)).status).toBe(200);
});

test('access_token_ttl_s sets the life that is told and kept', async () => {
  okta.server.switches.access_token_ttl_s = 90;
  expect((await connect(okta.record)).json.expires_in).toBe(90);
});

test('iss can be sent, left out and forged', async () => {
  okta.server.switches.omit_iss = false;
  expect((await authorize(okta.record)).callback.searchParams.get('iss')).toBe(okta.record.issuer);
  okta.server.switches.omit_iss = true;
  expect((await authorize(okta.record)).callback.searchParams.has('iss')).toBe(false);
  okta.server.switches.wrong_iss = true;
  expect((await authorize(okta.record)).callback.searchParams.get('iss')).toBe('https://wrong-issuer.example');
  okta.server.switches.wrong_iss = 'https://chosen.example';
  const denied = await authorize(okta.record, { deny: true });
  expect(denied.callback.searchParams.get('iss')).toBe('https://chosen.example');
});

test('duplicate_code sends code twice', async () => {
  okta.server.switches.duplicate_code = true;
  expect((await authorize(okta.record)).callback.searchParams.getAll('code')).toHaveLength(2);
});

test('drop_answer processes the refresh and cuts the connection, as often as told', async () => {
  const { json } = await connect(okta.record);
  okta.server.switches.drop_answer = 1;
  await expect(refresh(okta.record, json.refresh_token)).rejects.toThrow();
  expect(okta.server.switches.drop_answer).toBe(0);
  expect((await refresh(okta.record, json.refresh_token)).json.error).toBe('invalid_grant');
  expect(okta.server.counts).toMatchObject({ refreshes: 2, reuse_detected: 1 });
});

test('rotation keep, same and rotate', async () => {
  const { json } = await connect(okta.record);
  okta.server.switches.rotation = 'keep';
  expect((await refresh(okta.record, json.refresh_token)).json).not.toHaveProperty('refresh_token');
  okta.server.switches.rotation = 'same';
  expect((await refresh(okta.record, json.refresh_token)).json.refresh_token).toBe(json.refresh_token);
  okta.server.switches.rotation = 'rotate';
  const rotated = (await refresh(okta.record, json.refresh_token)).json.refresh_token;
  expect(rotated).toEqual(expect.any(String));
  expect(rotated).not.toBe(json.refresh_token);
});

test('shrink_scopes withholds scopes in the answer and at the API', async () => {
  const first = (await connect(okta.record)).json;
  okta.server.switches.shrink_scopes = ['email'];
  const { json } = await refresh(okta.record, first.refresh_token);
  expect(String(json.scope).split(' ')).not.toContain('email');
  const holder = await get(`${okta.demo.resourceUrl}/okta/me`, json.access_token);
  expect(holder.json.scopes).not.toContain('email');
  okta.server.switches.shrink_scopes = true;
  expect((await connect(okta.record, { scopes: ['openid', 'groups'] })).json.scope).toBe('openid');
});

test('revocation_status answers so and revokes nothing', async () => {
  const { json } = await connect(okta.record);
  okta.server.switches.revocation_status = 503;
  expect((await revoke(okta.record, json.refresh_token)).status).toBe(503);
  expect(await works(json.access_token)).toBe(true);
  expect(okta.server.counts.revocations).toBe(1);
});

test('email_verified is told as switched', async () => {
  okta.server.switches.email_verified = false;
  const { json } = await connect(okta.record);
  const userinfo = await get(String(okta.record.userinfo_endpoint), json.access_token);
  expect(userinfo.json.email_verified).toBe(false);
});

test('latency_ms delays the token endpoint', async () => {
  okta.server.switches.latency_ms = 60_000;
  const aborted = fetch(okta.record.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token' }),
    signal: AbortSignal.timeout(300),
  });
  await expect(aborted).rejects.toThrow();
  expect(okta.server.counts).toMatchObject({ refreshes: 1, token_errors: 0 });
});

test('another process sets switches, reads counts, resets and withdraws over HTTP', async () => {
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${okta.server.url}/__demo/${path}`, {
      method,
      headers: { authorization: `Bearer ${okta.demo.controlSecret}`, ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const { json } = await connect(okta.record);
  await call('POST', 'switches', { token_status: 503 });
  expect((await refresh(okta.record, json.refresh_token)).status).toBe(503);
  expect(await (await call('GET', 'counts')).json()).toMatchObject({ code_exchanges: 1, refreshes: 1 });
  expect((await call('POST', 'switches', { tokenstatus: 500 })).status).toBe(400);
  for (const [name, value] of [
    ['origin', 'http://evil.example'],
    ['origin', 'null'],
    ['sec-fetch-site', 'same-site'],
  ] as const)
    expect((await call('POST', 'switches', { token_status: null }, { [name]: value })).status).toBe(403);
  for (const authorization of ['', 'Bearer ', 'Bearer x'])
    expect((await call('GET', 'counts', undefined, { authorization })).status).toBe(401);
  await call('POST', 'reset');
  expect(okta.server.switches.token_status).toBeNull();
  expect(okta.server.counts.refreshes).toBe(0);
  expect((await call('POST', 'withdraw', {})).status).toBe(400);
  expect(await (await call('POST', 'withdraw?all=true')).json()).toEqual({ ended: 1 });
  expect((await refresh(okta.record, json.refresh_token)).json.error).toBe('invalid_grant');
});

test('counts note how the client asked, and never a value that is secret', async () => {
  const flow = await authorize(okta.record);
  const { json } = await exchange(okta.record, flow);
  const { counts } = okta.server;
  expect(counts.last_token_request).toEqual({
    grant_type: 'authorization_code',
    parameters: ['code', 'code_verifier', 'grant_type', 'redirect_uri'],
    auth_method: 'client_secret_basic',
    has_code_verifier: true,
  });
  expect(counts.last_authorization_request).toMatchObject({ code_challenge_method: 'S256' });
  const noted = JSON.stringify(counts);
  const secrets = [flow.verifier, flow.callback.searchParams.get('code'), okta.record.client_secret, json.access_token];
  for (const secret of secrets) expect(noted).not.toContain(String(secret));
});
