import { expect, test } from 'vitest';
import { demoInTest } from '#demo/demo-in-test';
import { authorize, connect, exchange, get, read, refresh, revoke } from '#demo/raw-client';

const google = demoInTest('google');
const scopeUrl = 'https://www.googleapis.com/auth/';
const calendar = `${scopeUrl}calendar.readonly`;

const works = async (token: unknown) => (await get(`${google.demo.resourceUrl}/google/me`, token)).status === 200;

test('a refresh token comes only with access_type=offline', async () => {
  const without = await connect(google.record, { params: { access_type: 'online' } });
  expect(without.json).not.toHaveProperty('refresh_token');
  const offline = await connect(google.record);
  expect(offline.json).toHaveProperty('refresh_token');
});

test('a repeated consent gives no refresh token unless consent is asked for', async () => {
  const first = await connect(google.record, { params: { access_type: 'offline', prompt: '' } });
  expect(first.json).toHaveProperty('refresh_token');
  const repeated = await connect(google.record, { params: { access_type: 'offline', prompt: '' } });
  expect(repeated.json).not.toHaveProperty('refresh_token');
  const asked = await connect(google.record, { params: { access_type: 'offline', prompt: 'consent' } });
  expect(asked.json).toHaveProperty('refresh_token');
});

test('a refresh returns no refresh token, and the first one keeps working', async () => {
  const { refresh_token: token } = (await connect(google.record)).json;
  for (let turn = 0; turn < 3; turn += 1) {
    const { status, json } = await refresh(google.record, token);
    expect(status).toBe(200);
    expect(json).not.toHaveProperty('refresh_token');
    expect(await works(json.access_token)).toBe(true);
  }
});

test('unticked scopes are not granted, and the answer says which were', async () => {
  const flow = await authorize(google.record, { untick: [calendar] });
  expect(flow.callback.searchParams.get('scope')).not.toContain(calendar);
  const { json } = await exchange(google.record, flow);
  expect(String(json.scope).split(' ').sort()).toEqual([
    `${scopeUrl}userinfo.email`,
    `${scopeUrl}userinfo.profile`,
    'openid',
  ]);
  const holder = await get(`${google.demo.resourceUrl}/google/me`, json.access_token);
  expect(holder.json.scopes).not.toContain(calendar);
});

test('the callback carries iss, scope, authuser and prompt', async () => {
  const { callback } = await authorize(google.record);
  expect(Object.fromEntries(callback.searchParams)).toMatchObject({
    iss: google.server.url,
    authuser: '0',
    prompt: 'consent',
    state: 'the-state',
    scope: `openid ${scopeUrl}userinfo.email ${scopeUrl}userinfo.profile ${calendar}`,
  });
});

test('revoking any token ends all that the person granted, also other connections', async () => {
  const one = (await connect(google.record)).json;
  const other = (await connect(google.record)).json;
  const somebody = (await connect(google.record, { account: 'Grace Hopper' })).json;
  expect((await revoke(google.record, one.access_token)).status).toBe(200);
  expect(await works(other.access_token)).toBe(false);
  expect((await refresh(google.record, other.refresh_token)).json.error).toBe('invalid_grant');
  expect(await works(somebody.access_token)).toBe(true);
});

test('revoking needs no client authentication, and an unknown token is 400', async () => {
  const { json } = await connect(google.record);
  const post = (token: unknown) =>
    fetch(String(google.record.revocation_endpoint), {
      method: 'POST',
      body: new URLSearchParams({ token: String(token) }),
    });
  expect((await post(json.refresh_token)).status).toBe(200);
  const again = await read(await post(json.refresh_token));
  expect([again.status, again.json.error]).toEqual([400, 'invalid_token']);
});

test('a dead refresh token is 400 invalid_grant', async () => {
  const { status, json } = await refresh(google.record, '1//dead');
  expect([status, json.error]).toEqual([400, 'invalid_grant']);
});
