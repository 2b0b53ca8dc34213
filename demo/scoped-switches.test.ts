import { expect, test } from 'vitest';
import { demoInTest } from '#demo/demo-in-test';
import { authorize, connect, exchange, get, redirectUri, refresh, revoke } from '#demo/raw-client';

const okta = demoInTest('okta');
const google = demoInTest('google');

const ada = () => okta.server.subjectOf('Ada Lovelace') ?? '';
const works = async (token: unknown) => (await get(`${okta.demo.resourceUrl}/okta/me`, token)).status === 200;

/** Another application with a client of its own at the server. */
const otherClient = (id = 'another') => ({
  ...okta.record,
  client_id: id,
  client_secret: okta.server.addClient(id, [redirectUri('okta')]),
});

async function control(path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }> {
  const answer = await fetch(`${okta.server.url}/__demo/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${okta.demo.controlSecret}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

test('a switch of one person leaves others alone, in each place that asks for one', async () => {
  const flows = { ada: await authorize(okta.record), grace: await authorize(okta.record, { account: 'Grace Hopper' }) };
  await control('switches?person=ada%40example.com', { token_status: 503 });
  expect((await exchange(okta.record, flows.ada)).status).toBe(503);
  expect((await exchange(okta.record, flows.grace)).status).toBe(200);
  const failing = { token_status: null, shrink_scopes: ['email'], access_token_ttl_s: 90, email_verified: false };
  okta.server.switchFor({ subject: ada() }, { ...failing, revocation_status: 503, rotation: 'keep', omit_iss: false });
  for (const [account, own] of [
    ['Ada Lovelace', true],
    ['Grace Hopper', false],
  ] as const) {
    const flow = await authorize(okta.record, { account });
    expect(flow.callback.searchParams.has('iss')).toBe(own);
    const { json } = await exchange(okta.record, flow);
    expect(json.expires_in).toBe(own ? 90 : 3600);
    expect(String(json.scope).includes('email')).toBe(!own);
    expect('refresh_token' in (await refresh(okta.record, json.refresh_token)).json).toBe(!own);
    expect((await revoke(okta.record, json.refresh_token)).status).toBe(own ? 503 : 200);
  }
  const denied = (account: string) => authorize(okta.record, { account, deny: true });
  expect((await denied('Grace Hopper')).callback.searchParams.has('iss')).toBe(false);
});

test('of a person, a client and everybody the narrowest wins, and each is forgotten alone', async () => {
  const other = otherClient();
  const [one, two] = [(await connect(okta.record)).json, (await connect(other)).json];
  const statuses = async () => [
    (await refresh(okta.record, one.refresh_token)).status,
    (await refresh(other, two.refresh_token)).status,
  ];
  okta.server.switchFor({}, { token_status: 500, rotation: 'same' });
  expect(await statuses()).toEqual([500, 500]);
  await control('switches?client=another', { token_status: 502 });
  expect(await statuses()).toEqual([500, 502]);
  okta.server.switchFor({ subject: ada() }, { token_status: 429 });
  expect(await statuses()).toEqual([429, 429]);
  await control('switches?client=another&person=Ada%20Lovelace', { token_status: null });
  expect(await statuses()).toEqual([429, 200]);
  await control('reset?person=Ada%20Lovelace');
  expect(await statuses()).toEqual([500, 200]);
  await control('reset?person=Ada%20Lovelace&client=another');
  expect(await statuses()).toEqual([500, 502]);
  await control('reset');
  expect(await statuses()).toEqual([200, 200]);
});

test('a number of dropped answers counts down for the person it was set for', async () => {
  const { json } = await connect(okta.record);
  const { json: others } = await connect(okta.record, { account: 'Grace Hopper' });
  okta.server.switchFor({ subject: ada() }, { drop_answer: 1, rotation: 'same' });
  expect((await refresh(okta.record, others.refresh_token)).status).toBe(200);
  await expect(refresh(okta.record, json.refresh_token)).rejects.toThrow();
  expect(okta.server.switchFor({ subject: ada() }, {}).drop_answer).toBe(0);
});

test('tokens of a person, a client or a grant end when the clock is moved, and others live on', async () => {
  const [first, second] = [(await connect(okta.record)).json, (await connect(okta.record)).json];
  const { json: others } = await connect(okta.record, { account: 'Grace Hopper' });
  const [grant] = okta.server.grants.list({ subject: ada() });
  expect((await control(`expire?grant=${grant?.grant}`)).json).toEqual({ expired: 1 });
  expect(await Promise.all([first, second, others].map((one) => works(one.access_token)))).toEqual([false, true, true]);
  const { json: renewed } = await refresh(okta.record, first.refresh_token);
  expect(await works(renewed.access_token)).toBe(true);
  await control('expire?person=Ada%20Lovelace', { in_seconds: 3600 });
  expect(await works(renewed.access_token)).toBe(true);
  await control('expire?person=Ada%20Lovelace', { tokens: 'all' });
  expect(await Promise.all([renewed, second, others].map((one) => works(one.access_token)))).toEqual([
    false,
    false,
    true,
  ]);
  expect((await refresh(okta.record, renewed.refresh_token)).json.error).toBe('invalid_grant');
  await control(`expire?client=${okta.record.client_id}`);
  expect(await works(others.access_token)).toBe(false);
});

test('one grant ends behind the client, then one person’s', async () => {
  const [first, second] = [(await connect(okta.record)).json, (await connect(okta.record)).json];
  const { json: others } = await connect(okta.record, { account: 'Grace Hopper' });
  const [grant] = okta.server.grants.list({ subject: ada() });
  const living = () => Promise.all([first, second, others].map((one) => works(one.access_token)));
  expect((await control(`withdraw?grant=${grant?.grant}`)).json).toEqual({ ended: 1 });
  expect(await living()).toEqual([false, true, true]);
  expect((await control('withdraw?person=Ada%20Lovelace')).json).toEqual({ ended: 1 });
  expect(await living()).toEqual([false, false, true]);
});

test.each([
  ['withdraw', undefined],
  ['withdraw?person=', undefined],
  ['withdraw?preson=Ada', undefined],
  ['withdraw?all=yes', undefined],
  ['expire', { in_seconds: 5 }],
  ['expire?person=Ada', { in_seconds: '5' }],
  ['expire?person=Ada', { tokens: 'refresh' }],
  ['switches?grant=x', { token_status: 500 }],
  ['reset?grant=x', undefined],
  ['switches?person=Ada', { tokenstatus: 500 }],
  ['switches?person=%20', { token_status: 500 }],
  ['authorize', { url: 'http://127.0.0.1:1/authorize' }],
  ['clients', { client_id: 'grantkeep-at-okta', redirect_uris: ['http://localhost:3999/'] }],
] as const)('%s %j is refused and ends nothing', async (path, body) => {
  const { json } = await connect(okta.record);
  expect((await control(path, body)).status).toBe(400);
  expect(await works(json.access_token)).toBe(true);
  expect((await refresh(okta.record, json.refresh_token)).status).toBe(200);
});

test('a second client revokes at a server that asks for no authentication', async () => {
  const client_secret = google.server.addClient('another', [redirectUri('google')]);
  const { json } = await connect({ ...google.record, client_id: 'another', client_secret });
  const body = new URLSearchParams({ token: String(json.refresh_token) });
  expect((await fetch(String(google.record.revocation_endpoint), { method: 'POST', body })).status).toBe(200);
  expect((await get(`${google.demo.resourceUrl}/google/me`, json.access_token)).status).toBe(401);
});
