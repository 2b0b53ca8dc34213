import { eq } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import { enableApplication } from '#lib/applications/disable';
import type { Runtime } from '#lib/context';
import type { ApiKeyScope } from '#lib/db/schema/api-key-scopes';
import { apiKeys } from '#lib/db/schema/api-keys';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addApplication, as, createRuntime, entries, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let call: (key: string, method: string, path: string, body?: unknown) => Promise<{ status: number; body: Answer }>;
type Answer = Record<string, unknown>;

const scope: ApiKeyScope = 'applications:manage';
const planner = { name: 'Planner', contact: 'ops@planner.example', return_urls: ['https://planner.example/connected'] };

beforeEach(() => {
  runtime = createRuntime(database.current, [{ ...plainRecord('http://127.0.0.1:9') }]);
  const api = createApi(async () => as(runtime, { type: 'anonymous' }));
  call = async (key, method, path, body) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { authorization: `Bearer ${key}`, ...(json.body && { 'content-type': 'application/json' }) };
    const answer = await api.request(`/api/v1${path}`, { method, headers, ...json });
    return { status: answer.status, body: (await answer.json()) as Answer };
  };
});

test('a key with the scope registers, reads, lists, changes and disables; the ledger names the key', async () => {
  const { id: keyId, key } = await addApiKey(runtime, { scopes: [scope] });
  const made = await call(key, 'POST', '/applications', planner);
  expect(made).toMatchObject({ status: 201, body: { ...planner, status: 'active', providers: null, keys: 0 } });
  const id = String(made.body.id);
  const changed = await call(key, 'PATCH', `/applications/${id}`, { return_urls: ['https://planner.example/back'] });
  expect(changed.body).toMatchObject({ name: 'Planner', return_urls: ['https://planner.example/back'] });
  expect(await call(key, 'GET', `/applications/${id}`)).toEqual({ status: 200, body: changed.body });
  await call(key, 'POST', '/applications', { ...planner, name: 'Another' });
  const first = await call(key, 'GET', '/applications?limit=1&status=active');
  expect(first.body.applications).toMatchObject([{ name: 'Another' }]);
  const second = await call(key, 'GET', `/applications?limit=1&status=active&cursor=${first.body.next_cursor}`);
  expect(second.body).toMatchObject({ applications: [{ id }], next_cursor: null });
  const disabled = await call(key, 'POST', `/applications/${id}/disable`, { reason: 'retired' });
  expect(disabled).toMatchObject({ status: 200, body: { status: 'disabled', disabled_at: expect.any(String) } });
  const told = (await entries(runtime)).filter(({ details }) => details.application === id);
  expect(told.map(({ action, actorId }) => [action, actorId])).toEqual(
    ['application.created', 'application.changed', 'application.disabled'].map((action) => [action, keyId]),
  );
});

test.each([
  ['return_urls', { ...planner, return_urls: ['http://evil.example/x'] }],
  ['providers', { ...planner, providers: ['unknown'] }],
  ['', { ...planner, created_by: 'me' }],
])('refuses what a page refuses: %s', async (path, body) => {
  const { key } = await addApiKey(runtime, { scopes: [scope] });
  const refused = await call(key, 'POST', '/applications', body);
  expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  expect(JSON.stringify(refused.body.issues)).toContain(path);
});

test('a key of an application, for some providers, or with every other scope, has no part in it', async () => {
  const id = await addApplication(runtime);
  const own = await addApiKey(runtime, { scopes: ['connections:create'], applicationId: id });
  const [some, others] = [
    await addApiKey(runtime, { scopes: [scope], providers: ['acme'] }),
    await addApiKey(runtime, { scopes: ['connections:read', 'connections:revoke', 'tokens:vend', 'webhooks:manage'] }),
  ];
  for (const { key } of [own, some, others])
    for (const [method, path, body] of [
      ['GET', '/applications', undefined],
      ['POST', '/applications', planner],
      ['GET', `/applications/${id}`, undefined],
      ['PATCH', `/applications/${id}`, { return_urls: planner.return_urls }],
      ['POST', `/applications/${id}/disable`, { reason: 'r' }],
    ] as const)
      expect(await call(key, method, path, body)).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
  // Neither can a row say so, nor an actor that claims it.
  await expect(
    database.db
      .update(apiKeys)
      .set({ scopes: [scope] })
      .where(eq(apiKeys.id, own.id)),
  ).rejects.toThrow();
});

test('no key enables what an administrator disabled', async () => {
  const id = await addApplication(runtime);
  const { id: keyId } = await addApiKey(runtime, { scopes: [scope] });
  const actor = { type: 'api_key', keyId, scopes: [scope], providers: null, applicationId: null } as const;
  await expect(enableApplication(as(runtime, actor), { id, reason: 'r' })).rejects.toMatchObject({
    code: 'unauthenticated',
  });
});
