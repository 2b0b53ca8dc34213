import { expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import { generateApiKey } from '#lib/api-keys/key-format';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, asNobody, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let quota = 3;

/** A hub with keys that have a quota, and counters that no other test shares. */
async function hub() {
  quota += 1;
  const made = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  const runtime = { ...made, config: { ...made.config, apiRatePerMinute: quota } };
  const api = createApi(async () => asNobody(runtime));
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId });
  const call = (key: string, path: string, method = 'GET', body?: string) =>
    api.request(`/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}` },
      ...(body === undefined ? {} : { body }),
    });
  const vend = (key: string) => call(key, `/connections/${id}/token`, 'POST');
  return { runtime, id, call, vend };
}

test('each answer says what is left, and past the quota a key is told when to come back', async () => {
  const { runtime, call, vend } = await hub();
  const { key } = await addApiKey(runtime, { scopes: ['tokens:vend', 'connections:read'] });
  for (let left = quota - 1; left >= 0; left--) {
    const answer = left % 2 ? await vend(key) : await call(key, '/connections');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('ratelimit-policy')).toBe(`"key";q=${quota};w=60`);
    expect(answer.headers.get('ratelimit')).toMatch(new RegExp(`^"key";r=${left};t=([1-9]|[1-5][0-9]|60)$`));
  }
  for (const answer of [await vend(key), await call(key, '/connections')]) {
    expect(answer.status).toBe(429);
    expect((await answer.json()).code).toBe('rate_limited');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.headers.get('ratelimit')).toMatch(/^"key";r=0;t=\d+$/);
  }
});

test('one key’s calls are not another’s', async () => {
  const { runtime, vend } = await hub();
  const busy = await addApiKey(runtime);
  const quiet = await addApiKey(runtime);
  for (let calls = 0; calls <= quota; calls++) await vend(busy.key);
  expect((await vend(busy.key)).status).toBe(429);
  expect((await vend(quiet.key)).status).toBe(200);
});

test('refused calls of a real key count; a key that is none is never counted, and never limited into being known', async () => {
  const { runtime, call } = await hub();
  const { key } = await addApiKey(runtime, { scopes: ['connections:read'] });
  const refused = await call(key, '/connections/con_x', 'DELETE');
  expect([refused.status, refused.headers.get('ratelimit')?.startsWith(`"key";r=${quota - 1};`)]).toEqual([403, true]);
  const unknown = generateApiKey();
  for (let calls = 0; calls < quota + 2; calls++) {
    const answer = await call(unknown, '/connections');
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([401, null]);
  }
});

test('what is refused before its key is looked up counts for no key, or made-up ones would fill the memory', async () => {
  const { runtime, id, call, vend } = await hub();
  const made = [generateApiKey(), (await addApiKey(runtime)).key];
  for (const key of made) {
    for (let calls = 0; calls < quota + 2; calls++) {
      for (const answer of [
        await call(key, `/connections/${id}/token`, 'POST', 'no JSON'),
        await call(key, `/connections/${'x'.repeat(65)}/token`, 'POST'),
      ])
        expect([answer.status, answer.headers.get('ratelimit')]).toEqual([400, null]);
    }
  }
  expect(await Promise.all(made.map(async (key) => (await vend(key)).status))).toEqual([401, 200]);
});
