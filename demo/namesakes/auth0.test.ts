import { expect, test } from 'vitest';
import { demoInTest } from '#demo/demo-in-test';
import { authorize, connect, exchange, get, refresh, revoke } from '#demo/raw-client';

const auth0 = demoInTest('auth0');

const works = async (token: unknown) => (await get(`${auth0.demo.resourceUrl}/auth0/me`, token)).status === 200;

test('the issuer ends in a slash, in the record and in the ID token', async () => {
  const { json } = await connect(auth0.record);
  const [, payload = ''] = String(json.id_token).split('.');
  expect(auth0.record.issuer).toBe(`${auth0.server.url}/`);
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ iss: `${auth0.server.url}/` });
});

test('the audience is taken', async () => {
  await connect(auth0.record, { params: { audience: 'https://orders.example.com' } });
  expect(auth0.server.counts.last_authorization_request).toMatchObject({ audience: 'https://orders.example.com' });
});

test('errors of a dead grant are 403 invalid_grant', async () => {
  const dead = await refresh(auth0.record, 'v1-dead');
  expect([dead.status, dead.json.error]).toEqual([403, 'invalid_grant']);
  const code = await exchange(auth0.record, await authorize(auth0.record), { code: 'wrong' });
  expect([code.status, code.json.error]).toEqual([403, 'invalid_grant']);
});

test.each<[string, Record<string, string>, string]>([
  ['a wrong code', { code: 'wrong' }, 'Invalid authorization code'],
])('%s is 403 in Auth0’s words', async (_, form, error_description) => {
  const { status, json } = await exchange(auth0.record, await authorize(auth0.record), form);
  expect([status, json]).toEqual([403, { error: 'invalid_grant', error_description }]);
});

test('the answers name offline_access among the scopes', async () => {
  const first = (await connect(auth0.record)).json;
  expect(String(first.scope).split(' ')).toContain('offline_access');
  expect(String((await refresh(auth0.record, first.refresh_token)).json.scope).split(' ')).toContain('offline_access');
});

test('a second factor at the refresh is 403 mfa_required, and the grant lives on', async () => {
  const { refresh_token: token } = (await connect(auth0.record)).json;
  auth0.server.switches.token_error = 'mfa_required';
  const { status, json } = await refresh(auth0.record, token);
  expect([status, json]).toEqual([
    403,
    {
      error: 'mfa_required',
      error_description: 'Multifactor authentication required',
      mfa_token: expect.stringMatching(/^Fe26\.2\*/),
    },
  ]);
  auth0.server.switches.token_error = null;
  expect((await refresh(auth0.record, token)).status).toBe(200);
});

test('a reuse ends the family and the grant', async () => {
  const first = (await connect(auth0.record)).json;
  const second = (await refresh(auth0.record, first.refresh_token)).json;
  const reuse = await refresh(auth0.record, first.refresh_token);
  expect([reuse.status, reuse.json]).toEqual([
    403,
    { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
  ]);
  expect((await refresh(auth0.record, second.refresh_token)).status).toBe(403);
  expect(await works(second.access_token)).toBe(false);
});

test('only refresh tokens can be revoked, and the answer is an empty 200 either way', async () => {
  const { json } = await connect(auth0.record);
  const access = await revoke(auth0.record, json.access_token);
  expect([access.status, access.text]).toEqual([200, '']);
  expect(await works(json.access_token)).toBe(true);
  const dead = await revoke(auth0.record, json.refresh_token);
  expect([dead.status, dead.text]).toEqual([200, '']);
  expect((await refresh(auth0.record, json.refresh_token)).status).toBe(403);
});

test('with the tenant’s setting, revoking one refresh token ends every connection of the person', async () => {
  const one = (await connect(auth0.record)).json;
  const other = (await connect(auth0.record)).json;
  await revoke(auth0.record, one.refresh_token);
  expect(await works(other.access_token)).toBe(true);
  auth0.server.switches.revoke_deletes_grant = true;
  const third = (await connect(auth0.record)).json;
  await revoke(auth0.record, third.refresh_token);
  expect(await works(other.access_token)).toBe(false);
});
