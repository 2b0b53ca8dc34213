import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { demoInTest } from '#demo/demo-in-test';
import { authorize, connect, exchange, get, post, refresh, revoke } from '#demo/raw-client';

const salesforce = demoInTest('salesforce');

const introspect = (token: unknown) =>
  post(salesforce.record, String(salesforce.record.introspection_endpoint), { token: String(token) });

test('the answer has no expires_in, but instance_url, identity URL, issued_at and signature', async () => {
  const { json } = await connect(salesforce.record);
  expect(json).not.toHaveProperty('expires_in');
  expect(json.instance_url).toBe(salesforce.demo.resourceUrl);
  expect(json.id).toMatch(new RegExp(`^${salesforce.server.url}/id/00D\\w+/005\\w+$`));
  expect(Math.abs(Number(json.issued_at) - Date.now())).toBeLessThan(60_000);
  const signature = createHmac('sha256', salesforce.record.client_secret).update(`${json.id}${json.issued_at}`);
  expect(json.signature).toBe(signature.digest('base64'));
});

test('the identity URL answers its own token’s holder only', async () => {
  const { json } = await connect(salesforce.record);
  const own = await get(String(json.id), json.access_token);
  expect(own.json).toMatchObject({ email: 'ada@example.com', organization_id: expect.stringMatching(/^00D/) });
  const other = (await connect(salesforce.record, { account: 'Grace Hopper' })).json;
  expect((await get(String(json.id), other.access_token)).status).toBe(403);
});

test('introspection tells when the token ends', async () => {
  const { json } = await connect(salesforce.record);
  const live = (await introspect(json.access_token)).json;
  expect(live.active).toBe(true);
  expect(Number(live.exp) - Date.now() / 1000).toBeGreaterThan(7000);
  expect((await introspect('unknown')).json).toEqual({ active: false });
  expect(salesforce.server.counts.introspections).toBe(2);
});

test('a refresh token comes with the scope refresh_token, or its other name', async () => {
  expect((await connect(salesforce.record, { scopes: ['api'] })).json).not.toHaveProperty('refresh_token');
  expect((await connect(salesforce.record, { scopes: ['api', 'refresh_token'] })).json).toHaveProperty('refresh_token');
  expect((await connect(salesforce.record, { scopes: ['api', 'offline_access'] })).json).toHaveProperty(
    'refresh_token',
  );
});

test('the refresh token is static', async () => {
  const { refresh_token: token } = (await connect(salesforce.record)).json;
  const first = await refresh(salesforce.record, token);
  expect(first.json).not.toHaveProperty('refresh_token');
  expect((await refresh(salesforce.record, token)).status).toBe(200);
});

test('with rotation, a reuse ends the current refresh token and the access tokens', async () => {
  salesforce.server.switches.rotation = 'rotate';
  const first = (await connect(salesforce.record)).json;
  const second = (await refresh(salesforce.record, first.refresh_token)).json;
  expect((await refresh(salesforce.record, first.refresh_token)).json.error).toBe('invalid_grant');
  expect((await refresh(salesforce.record, second.refresh_token)).json.error).toBe('invalid_grant');
  expect((await get(`${salesforce.demo.resourceUrl}/me`, second.access_token)).status).toBe(401);
  expect(salesforce.server.counts.reuse_detected).toBe(1);
});

test('revoking a refresh token ends its access tokens; an unknown token is unsupported_token_type', async () => {
  const { json } = await connect(salesforce.record);
  expect((await revoke(salesforce.record, json.refresh_token)).status).toBe(200);
  expect((await introspect(json.access_token)).json).toEqual({ active: false });
  const unknown = await revoke(salesforce.record, json.refresh_token);
  expect([unknown.status, unknown.json.error]).toEqual([400, 'unsupported_token_type']);
});

test('types: Bearer, scopes joined by spaces, issued_at as text in milliseconds, and the same after a refresh', async () => {
  const first = (await connect(salesforce.record)).json;
  const second = (await refresh(salesforce.record, first.refresh_token)).json;
  for (const json of [first, second]) {
    expect(json).not.toHaveProperty('expires_in');
    expect(json).toMatchObject({
      token_type: 'Bearer',
      scope: 'api id openid refresh_token',
      issued_at: expect.stringMatching(/^\d{13}$/),
      instance_url: salesforce.demo.resourceUrl,
      id: first.id,
      signature: expect.any(String),
    });
  }
});

test('a deactivated person gets invalid_grant, inactive user', async () => {
  const { refresh_token: token } = (await connect(salesforce.record)).json;
  salesforce.server.switches.inactive_people = true;
  const { status, json } = await refresh(salesforce.record, token);
  expect([status, json]).toEqual([400, { error: 'invalid_grant', error_description: 'inactive user' }]);
});

test('errors are 400, in its own words', async () => {
  const dead = await refresh(salesforce.record, 'dead');
  expect(dead.json).toEqual({ error: 'invalid_grant', error_description: 'expired access/refresh token' });
  const client = await exchange({ ...salesforce.record, client_secret: 'wrong' }, await authorize(salesforce.record));
  expect([client.status, client.json.error]).toEqual([400, 'invalid_client']);
});

test('the sixth approval of a person ends the oldest', async () => {
  const first = (await connect(salesforce.record)).json;
  for (let more = 0; more < 4; more += 1) await connect(salesforce.record);
  expect((await refresh(salesforce.record, first.refresh_token)).status).toBe(200);
  await connect(salesforce.record);
  expect((await refresh(salesforce.record, first.refresh_token)).status).toBe(400);
});

test('the callback carries no iss', async () => {
  expect((await authorize(salesforce.record)).callback.searchParams.has('iss')).toBe(false);
});
