import { describe, expect, test } from 'vitest';
import { demoInTest } from '#demo/demo-in-test';
import { authorize, connect, exchange, get, post, read, redirectUri, refresh } from '#demo/raw-client';

const github = demoInTest('github');

const basic = () => `Basic ${btoa(`${github.record.client_id}:${github.record.client_secret}`)}`;
const application = (method: string, what: string, token: unknown, authorization = basic()) =>
  fetch(`${github.server.url}/api/applications/${github.record.client_id}/${what}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ access_token: token }),
  }).then(read);

describe('the token endpoint', () => {
  test('answers a form unless JSON is asked for', async () => {
    const { callback, verifier } = await authorize(github.record);
    const code = callback.searchParams.get('code') ?? '';
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri('github'),
      code_verifier: verifier,
    };
    const { headers, text } = await post(github.record, github.record.token_endpoint, form, {});
    expect(headers.get('content-type')).toContain('application/x-www-form-urlencoded');
    const answer = new URLSearchParams(text);
    expect(answer.get('access_token')).toMatch(/^gho_/);
    expect(answer.get('token_type')).toBe('bearer');
  });

  test('returns scopes joined by commas and never an ID token', async () => {
    const { json } = await connect(github.record, { scopes: ['read:user', 'repo', 'no:such:scope'] });
    expect(json.scope).toBe('read:user,repo');
    expect(json).not.toHaveProperty('id_token');
  });

  test.each([
    ['user gist user:email', 'gist,user'],
    ['user,gist,user:email', 'gist,user'],
    ['repo public_repo repo:status read:user', 'read:user,repo'],
    ['repo:status public_repo', 'public_repo,repo:status'],
    ['read:org write:org admin:org', 'admin:org'],
    ['repo repo offline_access', 'offline_access,repo'],
  ])('a request for %s gets %s', async (asked, granted) => {
    const { json } = await connect(github.record, { scopes: [asked] });
    expect(json.scope).toBe(granted);
    const { headers } = await get(`${github.server.url}/api/user`, json.access_token);
    expect(headers.get('x-oauth-scopes')).toBe(granted.replaceAll(',', ', '));
  });

  test('the addresses are seen with user, which swallowed user:email', async () => {
    const { json } = await connect(github.record, { scopes: ['user', 'user:email'] });
    expect((await get(`${github.server.url}/api/user/emails`, json.access_token)).status).toBe(200);
  });

  test('an authorization without scopes is allowed and grants none', async () => {
    const { json } = await connect(github.record, { scopes: [] });
    expect(json.scope).toBe('');
    expect((await get(`${github.server.url}/api/user`, json.access_token)).status).toBe(200);
  });

  test('tokens do not expire without offline_access', async () => {
    const { json } = await connect(github.record, { scopes: ['repo'] });
    expect(Object.keys(json).sort()).toEqual(['access_token', 'scope', 'token_type']);
  });

  test('offline_access gives eight hours and a refresh token of six months', async () => {
    const { json } = await connect(github.record, { scopes: ['repo', 'offline_access'] });
    expect(json).toMatchObject({ expires_in: 28_800, refresh_token_expires_in: 15_897_600 });
    expect(json.refresh_token).toMatch(/^ghr_/);
  });

  test('errors come in a 200, in codes of its own', async () => {
    const code = await exchange(github.record, await authorize(github.record), { code: 'wrong' });
    expect([code.status, code.json.error]).toEqual([200, 'bad_verification_code']);
    const flow = await authorize(github.record);
    const uri = await exchange(github.record, flow, { redirect_uri: 'http://localhost:3999/elsewhere' });
    expect([uri.status, uri.json.error]).toEqual([200, 'redirect_uri_mismatch']);
    const dead = await refresh(github.record, 'ghr_wrong');
    expect([dead.status, dead.json.error]).toEqual([200, 'bad_refresh_token']);
    const client = await refresh({ ...github.record, client_secret: 'wrong' }, 'ghr_wrong');
    expect([client.status, client.json.error]).toEqual([200, 'incorrect_client_credentials']);
    github.server.switches.token_error = 'server_error';
    expect((await refresh(github.record, 'ghr_wrong')).status).toBe(200);
  });

  test('an exchange may leave grant_type out', async () => {
    const { callback, verifier } = await authorize(github.record);
    const form = { code: callback.searchParams.get('code') ?? '', code_verifier: verifier };
    expect((await post(github.record, github.record.token_endpoint, form)).json.access_token).toMatch(/^gho_/);
  });
});

test('the callback names the issuer with its path', async () => {
  const { callback } = await authorize(github.record);
  expect(callback.searchParams.get('iss')).toBe(`${github.server.url}/login/oauth`);
});

describe('a rotation', () => {
  test('ends the old access token and the old refresh token, and a reuse harms nothing else', async () => {
    const first = (await connect(github.record)).json;
    const second = (await refresh(github.record, first.refresh_token)).json;
    expect((await get(`${github.server.url}/api/user`, first.access_token)).status).toBe(401);
    expect((await refresh(github.record, first.refresh_token)).json.error).toBe('bad_refresh_token');
    expect(github.server.counts.reuse_detected).toBe(1);
    expect((await get(`${github.server.url}/api/user`, second.access_token)).status).toBe(200);
    expect((await refresh(github.record, second.refresh_token)).json).toHaveProperty('access_token');
  });

  test('of one refresh token by twenty callers succeeds once', async () => {
    const { refresh_token: token } = (await connect(github.record)).json;
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(github.record, token)));
    expect(answers.filter(({ json }) => 'access_token' in json)).toHaveLength(1);
    expect(github.server.counts).toMatchObject({ refreshes: 20, reuse_detected: 19 });
  });
});

describe('the REST API', () => {
  test('tells the numeric id and the verified addresses', async () => {
    const { json } = await connect(github.record, { account: 'Linus T' });
    const user = await get(`${github.server.url}/api/user`, json.access_token);
    expect(user.json).toMatchObject({ login: 'linus-t', id: expect.any(Number) });
    const emails = JSON.parse((await get(`${github.server.url}/api/user/emails`, json.access_token)).text);
    expect(emails[0]).toMatchObject({ email: 'linus-t@example.com', primary: true, verified: true });
  });

  test('keeps addresses from tokens without the scope', async () => {
    const { json } = await connect(github.record, { scopes: ['repo'] });
    expect((await get(`${github.server.url}/api/user/emails`, json.access_token)).status).toBe(404);
  });

  test('says Bad credentials to a token that is none', async () => {
    const { status, json } = await get(`${github.server.url}/api/user`, 'gho_wrong');
    expect([status, json.message]).toEqual([401, 'Bad credentials']);
  });

  test('checks a token for the application, with Basic only', async () => {
    const { json } = await connect(github.record);
    expect((await application('POST', 'token', json.access_token)).json).toMatchObject({
      user: { login: 'ada-lovelace' },
    });
    expect((await application('POST', 'token', 'gho_wrong')).status).toBe(404);
    expect((await application('POST', 'token', json.access_token, 'Basic eDp5')).status).toBe(401);
  });

  test('DELETE token ends that token and its refresh token; an unknown one is 422', async () => {
    const one = (await connect(github.record)).json;
    const other = (await connect(github.record)).json;
    expect((await application('DELETE', 'token', one.access_token)).status).toBe(204);
    expect((await get(`${github.server.url}/api/user`, one.access_token)).status).toBe(401);
    expect((await refresh(github.record, one.refresh_token)).json.error).toBe('bad_refresh_token');
    expect((await get(`${github.server.url}/api/user`, other.access_token)).status).toBe(200);
    expect((await application('DELETE', 'token', one.access_token)).status).toBe(422);
    expect(github.server.counts.revocations).toBe(2);
  });

  test('DELETE grant ends every token of the person', async () => {
    const one = (await connect(github.record)).json;
    const other = (await connect(github.record)).json;
    expect((await application('DELETE', 'grant', one.access_token)).status).toBe(204);
    expect((await get(`${github.server.url}/api/user`, other.access_token)).status).toBe(401);
  });

  test('a revocation can be made to fail', async () => {
    const { json } = await connect(github.record);
    github.server.switches.revocation_status = 503;
    expect((await application('DELETE', 'token', json.access_token)).status).toBe(503);
    expect((await get(`${github.server.url}/api/user`, json.access_token)).status).toBe(200);
  });
});

test('the eleventh token of a person at the application ends the first', async () => {
  const first = (await connect(github.record)).json;
  for (let more = 0; more < 9; more += 1) await connect(github.record);
  expect((await get(`${github.server.url}/api/user`, first.access_token)).status).toBe(200);
  await connect(github.record);
  expect((await get(`${github.server.url}/api/user`, first.access_token)).status).toBe(401);
});
