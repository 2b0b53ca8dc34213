import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import { commandSchema, runCommand } from '#lib/cli/commands';
import { systemContext } from '#lib/context';
import { webhookEndpoints } from '#lib/db/schema/webhooks';
import { addApiKey, addPerson, as, entries } from '#tests/hub';
import { webhookHub } from '#tests/webhook-hub';

const { receiver, hubWith, database } = webhookHub();

async function given() {
  const hook = await receiver();
  const { runtime } = await hubWith(hook.host);
  const api = createApi(async () => as(runtime, { type: 'anonymous' }));
  const keyWith = async (input: Parameters<typeof addApiKey>[1]) => (await addApiKey(runtime, input)).key;
  const key = await keyWith({ scopes: ['webhooks:manage'] });
  const call = async (method: string, path: string, body?: unknown, shown = key) => {
    const answer = await api.request(`/api/v1/webhooks${path}`, {
      method,
      headers: {
        authorization: `Bearer ${shown}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : (JSON.parse(text) as Record<string, unknown>) };
  };
  return { hook, runtime, call, keyWith };
}

test('I-04 a service adds a webhook, tries it, switches it off and on, rotates its secret and removes it', async () => {
  const { hook, runtime, call } = await given();
  const made = await call('POST', '', { name: 'billing', url: hook.url, types: ['connection.created'] });
  expect(made).toMatchObject({
    status: 201,
    body: { name: 'billing', url: hook.url, types: ['connection.created'], enabled: true },
  });
  expect(made.body?.secret).toMatch(/^whsec_/);
  const id = String(made.body?.id);
  expect((await call('POST', `/${id}/test`)).body).toMatchObject({ status: 204, code: null });
  expect(hook.got).toHaveLength(1);
  expect((await call('PATCH', `/${id}`, { enabled: false })).body).toMatchObject({
    enabled: false,
    disabled_reason: 'by_hand',
  });
  expect((await call('PATCH', `/${id}`, { enabled: true })).body).toMatchObject({ enabled: true });
  const rotated = await call('POST', `/${id}/secret`);
  expect(rotated.body?.secret).toMatch(/^whsec_/);
  expect(rotated.body?.secret).not.toBe(made.body?.secret);
  const listed = await call('GET', '');
  expect(listed.body?.webhooks).toMatchObject([{ id, previous_secret_until: rotated.body?.previous_secret_until }]);
  expect(JSON.stringify(listed.body)).not.toMatch(/whsec_|eyJ/);
  expect((await call('DELETE', `/${id}`)).status).toBe(204);
  expect((await call('DELETE', `/${id}`)).status).toBe(404);
  const told = (await entries(runtime)).filter(({ action }) => action.startsWith('webhook.'));
  expect(told.map(({ action, apiKeyId }) => `${apiKeyId === null ? 'nobody' : 'a key'}: ${action}`)).toEqual([
    'a key: webhook.created',
    'a key: webhook.changed',
    'a key: webhook.changed',
    'a key: webhook.changed',
    'a key: webhook.removed',
  ]);
});

describe('a key that may not manage webhooks', () => {
  const operations = [
    ['GET', ''],
    ['POST', '', { name: 'x', url: 'https://hooks.example.com/in' }],
    ['POST', '', { name: '', nothing: 1 }],
    ['PATCH', '/whk_x', { enabled: false }],
    ['DELETE', '/whk_x'],
    ['POST', '/whk_x/secret'],
    ['POST', '/whk_x/test'],
  ] as const;

  test('for want of the scope, or because it is for some providers only, is refused each operation', async () => {
    const { call, keyWith } = await given();
    const keys = [
      await keyWith({ scopes: ['connections:read', 'tokens:vend', 'connections:revoke'] }),
      await keyWith({ scopes: ['webhooks:manage'], providers: ['acme'] }),
    ];
    for (const shown of keys)
      for (const [method, path, body] of operations)
        expect(await call(method, path, body, shown), `${method} ${path}`).toMatchObject({
          status: 403,
          body: { code: 'insufficient_scope' },
        });
    expect(await database.db.$count(webhookEndpoints)).toBe(0);
  });
});

test.each([
  [{ name: 'x', url: 'http://hooks.example.com/in' }, 'url'],
  [{ name: 'x', url: 'https://169.254.169.254/in' }, 'url'],
  [{ name: 'x', url: 'https://hooks.example.com/in', types: ['token.vended'] }, 'types.0'],
  [{ name: '', url: 'https://hooks.example.com/in' }, 'name'],
  [{ name: 'x', url: 'https://hooks.example.com/in', secret: 'mine' }, ''],
])('a faulty webhook is refused with its field: %j', async (body, path) => {
  const { call } = await given();
  const answer = await call('POST', '', body);
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  expect(answer.body?.issues).toEqual(expect.arrayContaining([expect.objectContaining({ path })]));
});

test('I-04 the command line does the same, and a person without the role does none of it', async () => {
  const { hook, runtime } = await given();
  const run = (command: Record<string, unknown>, ctx = systemContext(runtime, 'cli')) =>
    runCommand(ctx, commandSchema.parse(command));
  const [made] = await run({ command: 'webhook add', name: 'billing', url: hook.url, types: null });
  expect(made).toMatchObject({ enabled: true, types: null, secret: expect.stringMatching(/^whsec_/) });
  const id = made?.id;
  expect(await run({ command: 'webhook test', id })).toMatchObject([{ id, status: 204 }]);
  expect(await run({ command: 'webhook disable', id })).toMatchObject([{ id, enabled: false }]);
  expect(await run({ command: 'webhook enable', id })).toMatchObject([{ id, enabled: true }]);
  expect(await run({ command: 'webhook rotate', id })).toMatchObject([{ id, secret: expect.any(String) }]);
  expect(JSON.stringify(await run({ command: 'webhook list', json: true }))).not.toMatch(/whsec_|eyJ/);
  const [short] = await run({ command: 'webhook list', json: false });
  expect([short?.id, short?.url, short?.types]).toEqual([id, hook.url, undefined]);
  const { ctx: asPerson } = await addPerson(runtime);
  for (const command of ['list', 'test', 'disable', 'enable', 'rotate', 'remove'])
    await expect(
      run({ command: `webhook ${command}`, ...(command === 'list' ? { json: true } : { id }) }, asPerson()),
    ).rejects.toMatchObject({ code: 'forbidden' });
  expect(await run({ command: 'webhook remove', id })).toEqual([{ id, removed: true }]);
  expect(
    await database.db
      .select()
      .from(webhookEndpoints)
      .where(eq(webhookEndpoints.id, String(id))),
  ).toEqual([]);
});
