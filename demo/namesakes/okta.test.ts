import { describe, expect, test } from 'vitest';
import { demoInTest } from '#demo/demo-in-test';
import { authorize, connect, exchange, get, post, refresh, revoke } from '#demo/raw-client';

const okta = demoInTest('okta');

const works = async (token: unknown) => (await get(`${okta.demo.resourceUrl}/okta/me`, token)).status === 200;

test('a refresh token comes only with offline_access', async () => {
  expect((await connect(okta.record, { scopes: ['openid'] })).json).not.toHaveProperty('refresh_token');
  expect((await connect(okta.record)).json).toMatchObject({ expires_in: 3600, refresh_token: expect.any(String) });
});

test('a reuse ends the newest refresh token and every access token since', async () => {
  const first = (await connect(okta.record)).json;
  const second = (await refresh(okta.record, first.refresh_token)).json;
  const third = (await refresh(okta.record, second.refresh_token)).json;
  const reuse = await refresh(okta.record, first.refresh_token);
  expect(reuse.status).toBe(400);
  expect(reuse.json).toEqual({
    error: 'invalid_grant',
    error_description: 'The refresh token is invalid or expired.',
  });
  expect(okta.server.counts.reuse_detected).toBe(1);
  for (const { access_token } of [first, second, third]) expect(await works(access_token)).toBe(false);
  expect((await refresh(okta.record, third.refresh_token)).json.error).toBe('invalid_grant');
});

test('twenty callers with one refresh token are a reuse that ends the grant', async () => {
  const { refresh_token: token } = (await connect(okta.record)).json;
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(okta.record, token)));
  const good = answers.filter(({ status }) => status === 200);
  expect(good).toHaveLength(1);
  expect(await works(good[0]?.json.access_token)).toBe(false);
});

test('within the leeway the previous refresh token still works, an older one does not', async () => {
  okta.server.switches.grace_s = 30;
  const first = (await connect(okta.record)).json;
  const second = (await refresh(okta.record, first.refresh_token)).json;
  const again = await refresh(okta.record, first.refresh_token);
  expect(again.status).toBe(200);
  const third = (await refresh(okta.record, second.refresh_token)).json;
  expect(await works(third.access_token)).toBe(true);
  expect((await refresh(okta.record, first.refresh_token)).status).toBe(400);
  expect(await works(third.access_token)).toBe(false);
});

test('after the leeway the previous refresh token is a reuse', async () => {
  okta.server.switches.grace_s = 30;
  const first = (await connect(okta.record)).json;
  await refresh(okta.record, first.refresh_token);
  okta.server.switches.grace_s = -1;
  expect((await refresh(okta.record, first.refresh_token)).status).toBe(400);
  expect(okta.server.counts.reuse_detected).toBe(1);
});

test('revoking always answers 200; an access token ends alone, a refresh token takes its access tokens along', async () => {
  const { json } = await connect(okta.record);
  expect((await revoke(okta.record, 'unknown')).status).toBe(200);
  const second = (await refresh(okta.record, json.refresh_token)).json;
  expect((await revoke(okta.record, json.access_token)).status).toBe(200);
  expect(await works(json.access_token)).toBe(false);
  expect(await works(second.access_token)).toBe(true);
  expect((await revoke(okta.record, second.refresh_token)).status).toBe(200);
  expect(await works(second.access_token)).toBe(false);
  expect(okta.server.counts.revocations).toBe(3);
});

test('revoking one connection of a person leaves another alone', async () => {
  const one = (await connect(okta.record)).json;
  const other = (await connect(okta.record)).json;
  await revoke(okta.record, one.refresh_token);
  expect(await works(other.access_token)).toBe(true);
});

test('introspection and userinfo answer for live tokens', async () => {
  const { json } = await connect(okta.record);
  const answer = await post(okta.record, String(okta.record.introspection_endpoint), {
    token: String(json.access_token),
  });
  expect(answer.json).toMatchObject({ active: true, scope: json.scope });
  const userinfo = await get(String(okta.record.userinfo_endpoint), json.access_token);
  expect(userinfo.json).toMatchObject({ email: 'ada@example.com', email_verified: true });
  expect(okta.server.counts).toMatchObject({ introspections: 1, userinfo: 1 });
});

test('the answers name offline_access among the scopes', async () => {
  const first = (await connect(okta.record)).json;
  expect(String(first.scope).split(' ')).toContain('offline_access');
  expect(String((await refresh(okta.record, first.refresh_token)).json.scope).split(' ')).toContain('offline_access');
});

describe('errors', () => {
  test.each<[string, Record<string, string>, string]>([
    ['a wrong code', { code: 'wrong' }, 'The authorization code is invalid or has expired.'],
  ])('%s is invalid_grant in Okta’s words', async (_, form, error_description) => {
    const { status, json } = await exchange(okta.record, await authorize(okta.record), form);
    expect([status, json]).toEqual([400, { error: 'invalid_grant', error_description }]);
  });

  test('a wrong secret is invalid_client', async () => {
    const { status, json } = await refresh({ ...okta.record, client_secret: 'wrong' }, 'x');
    expect([status, json.error]).toEqual([401, 'invalid_client']);
  });

  test('outside OAuth they have errorCode, errorSummary and errorId', async () => {
    const { json } = await connect(okta.record);
    const refused = await get(`${okta.server.url}/api/v1/users/me`, json.access_token);
    expect([refused.status, refused.json]).toEqual([
      401,
      {
        errorCode: 'E0000011',
        errorSummary: 'Invalid token provided',
        errorLink: 'E0000011',
        errorId: expect.stringMatching(/^oae/),
        errorCauses: [],
      },
    ]);
    expect((await get(`${okta.server.url}/api/v1/elsewhere`, json.access_token)).json.errorCode).toBe('E0000007');
    expect((await get(`${okta.demo.resourceUrl}/okta/me`, 'wrong')).json.errorCode).toBe('E0000011');
  });

  test('too many calls are 429 with x-rate-limit headers and no Retry-After', async () => {
    Object.assign(okta.server.switches, { token_status: 429, retry_after_s: 20 });
    const { status, headers, json } = await refresh(okta.record, 'x');
    expect([status, json.errorCode]).toEqual([429, 'E0000047']);
    expect(headers.get('retry-after')).toBeNull();
    expect(headers.get('x-rate-limit-remaining')).toBe('0');
    expect(Number(headers.get('x-rate-limit-reset')) * 1000).toBeGreaterThan(Date.now());
  });
});
