import { eq } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import type { Runtime } from '#lib/context';
import { revocations } from '#lib/db/schema/revocations';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, as, createRuntime, entries, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let api: ReturnType<typeof createApi>;
let key: string;

beforeEach(async () => {
  runtime = createRuntime(database.current, [
    { ...plainRecord('http://127.0.0.1:9'), revoke: { style: 'none' } },
    plainRecord('http://127.0.0.1:9', 'other'),
  ]);
  api = createApi(async () => as(runtime, { type: 'anonymous' }));
  ({ key } = await addApiKey(runtime, { scopes: ['connections:read', 'connections:revoke'] }));
});

const call = async (method: string, path: string, shown = key) => {
  const answer = await api.request(`/api/v1${path}`, { method, headers: { authorization: `Bearer ${shown}` } });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const idsOf = (body: Record<string, unknown>) => (body.connections as { id: string }[]).map(({ id }) => id);

test('a connection is answered without its tokens', async () => {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId, accessToken: 'at_canary', refreshToken: 'rt_canary' });
  const { status, body } = await call('GET', `/connections/${id}`);
  expect(status).toBe(200);
  expect(body).toEqual({
    id,
    user: personId,
    person: { id: personId, issuer: 'https://id.example', subject: personId, email: null },
    provider: 'acme',
    account: { issuer: 'https://acme.example', subject: id, label: 'ada@acme.example' },
    status: 'connected',
    status_reason: null,
    provider_error: null,
    scope: 'read write',
    missing_scopes: [],
    expires_at: expect.any(String),
    refreshable: true,
    choices: [],
    missing: [],
    extras: {},
    created_at: expect.any(String),
    connected_at: expect.any(String),
    last_used_at: null,
    last_refreshed_at: null,
    last_refresh_error: null,
    revoked_at: null,
    revocation: null,
  });
  expect(JSON.stringify(body)).not.toMatch(/canary|eyJ/);
});

test('the list goes through its pages without loss or repetition', async () => {
  const { id: personId } = await addPerson(runtime);
  const made: string[] = [];
  for (let n = 0; n < 5; n++) made.push(await addConnection(runtime, { personId }));
  const seen: string[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const { body } = await call('GET', `/connections?user=${personId}&limit=2${next && `&cursor=${next}`}`);
    seen.push(...idsOf(body));
    next = body.next_cursor as string | null;
  }
  expect(seen).toHaveLength(5);
  expect([...seen].sort()).toEqual([...made].sort());
});

test('each filter finds its own', async () => {
  const ada = await addPerson(runtime, { email: 'Ada@Example.com', issuer: 'https://id.example', subject: 'ada-1' });
  const bob = await addPerson(runtime, { email: 'bob@example.com' });
  const adas = await addConnection(runtime, { personId: ada.id });
  const bobs = await addConnection(runtime, { personId: bob.id, provider: 'other' });
  const dead = await addConnection(runtime, { personId: bob.id, values: { status: 'needs_reconnect' } });
  const due = await addConnection(runtime, { personId: bob.id, expiresIn: 5, age: 3595, refreshToken: 'rt' });
  const found = async (query: string) => idsOf((await call('GET', `/connections?${query}`)).body).sort();
  expect(await found(`user=${ada.id}`)).toEqual([adas]);
  expect(await found('issuer=https://id.example&subject=ada-1')).toEqual([adas]);
  expect(await found('email=ada@example.COM')).toEqual([adas]);
  expect(await found('email=da@example.com')).toEqual([]);
  expect(await found(`user=${bob.id}&provider=other`)).toEqual([bobs]);
  expect(await found(`user=${bob.id}&status=needs_reconnect`)).toEqual([dead]);
  expect(await found(`user=${bob.id}&status=connected`)).toEqual([bobs, due].sort());
  expect(await found(`user=${bob.id}&status=refresh_due`)).toEqual([due]);
});

// Read as no filter, each of these would answer everybody's connections.
test.each(['user=', 'email=', 'provider=', 'issuer=&subject=', 'user=&status=connected'])(
  'a filter that is given but empty is refused: %s',
  async (query) => {
    const { id: personId } = await addPerson(runtime);
    await addConnection(runtime, { personId });
    expect(await call('GET', `/connections?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  },
);

test.each([
  'limit=0',
  'limit=101',
  'limit=many',
  'status=fine',
  'subject=only',
  'cursor=nonsense',
  'unknown=1',
  'provider=a&provider=b',
])('the query %s is refused', async (query) => {
  expect(await call('GET', `/connections?${query}`)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
});

test('deleting revokes, answers 202, and does so again without doing anything', async () => {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId });
  expect(await call('DELETE', `/connections/${id}`)).toEqual({ status: 202, body: { id, status: 'revoked' } });
  expect(await call('DELETE', `/connections/${id}`)).toEqual({ status: 202, body: { id, status: 'revoked' } });
  await Promise.all(runtime.background);
  const rows = await database.db.select().from(revocations).where(eq(revocations.connectionId, id));
  expect(rows).toHaveLength(1);
  expect((await call('GET', `/connections/${id}`)).body).toMatchObject({
    status: 'revoked',
    expires_at: null,
    revocation: { proof: 'none', proved_at: null },
  });
});

test('a key that is limited to a provider neither finds nor revokes connections of others', async () => {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId });
  const others = await addConnection(runtime, { personId, provider: 'other' });
  const limited = await addApiKey(runtime, {
    scopes: ['connections:read', 'connections:revoke'],
    providers: ['other'],
  });
  expect(await call('GET', `/connections/${id}`, limited.key)).toMatchObject({ status: 404 });
  expect(await call('DELETE', `/connections/${id}`, limited.key)).toMatchObject({ status: 404 });
  const { body } = await call('GET', `/connections?user=${personId}`, limited.key);
  expect(idsOf(body)).toEqual([others]);
});

test.each([
  ['GET', ''],
  ['GET', '/con_nothing'],
  ['DELETE', '/con_nothing'],
])('%s %s without the scope is 403, with it 404 or a list', async (method, path) => {
  const { key: vendOnly } = await addApiKey(runtime);
  expect(await call(method, `/connections${path}`, vendOnly)).toMatchObject({
    status: 403,
    body: { code: 'insufficient_scope' },
  });
  expect(await call(method, `/connections${path}`)).toMatchObject({ status: path ? 404 : 200 });
});

test('what a key is refused is in the ledger, as that key, folded', async () => {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId });
  const limited = await addApiKey(runtime, { scopes: ['connections:read'], providers: ['other'] });
  for (let time = 0; time < 3; time++) await call('GET', `/connections/${id}`, limited.key);
  await call('DELETE', `/connections/${id}`, limited.key);
  await call('GET', '/connections', limited.key);
  await runtime.refusals.flush(database.db);
  const told = (await entries(runtime)).filter(
    ({ apiKeyId, action }) => apiKeyId === limited.id && action === 'request.refused',
  );
  expect(told.map(({ code, actorId }) => [code, actorId])).toEqual([
    ['not_found', limited.id],
    ['insufficient_scope', limited.id],
  ]);
});
