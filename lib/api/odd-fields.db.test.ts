import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import { applications } from '#lib/db/schema/applications';
import { addApplication, returnUrl } from '#tests/application';
import { sharedDatabase } from '#tests/database';
import { addApiKey, as, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();

/** What may stand in a field in the place of an honest value. */
const odd: unknown[] = [
  ...['', ' ', '\0', 'a\0', '\ud800', 'x\udfff', 'a\r\nb', '\u202e', '\u3164', '\ufeffx', '__proto__', 'constructor'],
  ...['null', '%00', '../..', '\\', "'; drop table people; --", 'x'.repeat(10_000), '漢'.repeat(200), '😀'.repeat(100)],
  ...['https://a.example/\ud800', 'https://a.example/?x=\0', 'javascript:alert(1)', 'https://[::1]:99999/', '1e400'],
  ...[0, -1, 1e308, 1.5, true, false, null, [], {}, [[]], [null], [{}], { length: 1 }, { toString: 'x' }],
  ...[JSON.parse('{"__proto__":{"x":1}}'), JSON.parse('{"__proto__":["read"]}'), { constructor: ['a'] }],
  ...[
    { acme: ['\0'] },
    { acme: ['\ud800'] },
    { acme: [] },
    { '': ['x'] },
    Array.from({ length: 60 }, (_, n) => `p${n}`),
  ],
];

const challenge = 'a'.repeat(43);
const about = { contact: 'ops@planner.example', return_urls: ['https://planner.example/'] };
const application = { name: 'Planner', ...about, providers: ['acme'], scopes: { acme: ['read'] } };
const browser = { user: { id: '42', tenant: 'a', label: 'Ada' }, return_url: returnUrl, code_challenge: challenge };

/** Bodies that their operation takes. `APP` and `SES` stand for an application and a session. */
const honest: [operation: string, body: Record<string, unknown>][] = [
  ['POST /connect-sessions', { ...browser, provider: 'acme', scopes: ['read'] }],
  ['POST /connect-sessions', { ...browser, providers: ['acme'] }],
  ['POST /connect-sessions', { ...browser, connection: 'con_x' }],
  ['POST /connect-sessions', { ...browser, manage: true }],
  ['POST /connect-sessions', { user: { id: '42' }, device: true, code_challenge: challenge }],
  ['POST /connect-sessions/SES/complete', { code: 'x', code_verifier: challenge }],
  ['POST /applications', application],
  ['PATCH /applications/APP', application],
  ['POST /applications/APP/disable', { reason: 'The service is retired' }],
  ['POST /webhooks', { name: 'billing', url: 'https://hooks.example.com/in', types: ['connection.created'] }],
];

/** The body with each of these in the place of each of its fields, and of each field and member within. */
function* variants(body: Record<string, unknown>): Generator<Record<string, unknown>> {
  for (const [field, value] of Object.entries(body))
    for (const other of odd) {
      yield { ...body, [field]: other };
      if (Array.isArray(value)) yield { ...body, [field]: [other] };
      else if (typeof value === 'object' && value !== null)
        for (const name of Object.keys(value)) yield { ...body, [field]: { ...value, [name]: other } };
    }
}

/** The fields that a refusal names. */
async function placesIn(answer: Response): Promise<string[]> {
  const { issues = [] } = (await answer.json()) as { issues?: { path: string }[] };
  return issues.map(({ path }) => path.split('.')[0] ?? '');
}

test.each(honest)(
  'I-05 whatever stands in a field of %s, the hub has no fault of its own, and names the field as it was written',
  async (operation, body) => {
    const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
    const api = createApi(async () => as(runtime, { type: 'anonymous' }));
    const [app, other] = [await addApplication(runtime), await addApplication(runtime)];
    const session = await app.begin({ provider: 'acme' });
    const [method = '', path = ''] = operation.replace('APP', other.id).replace('SES', session.id).split(' ');
    const scopes = ['connections:create', 'connections:read', 'connections:revoke'] as const;
    const faults: string[] = [];
    const statuses = new Set<number>();
    let key = '';
    let calls = 0;
    for (const given of [body, ...variants(body)]) {
      // A key may make 600 calls a minute.
      if (calls++ % 500 === 0)
        key = path.startsWith('/connect-sessions')
          ? await app.addKey({ scopes: [...scopes] })
          : (await addApiKey(runtime, { scopes: ['webhooks:manage', 'applications:manage'] })).key;
      // One that is disabled already is looked at no further.
      await runtime.database.db.update(applications).set({ disabledAt: null }).where(eq(applications.id, other.id));
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await api.request(`/api/v1${path}`, { method, headers, body: JSON.stringify(given) });
      const { status } = answer;
      statuses.add(status);
      if (status === 400)
        for (const at of await placesIn(answer))
          if (at !== '' && !(at in given) && at !== 'return_url') faults.push(`names ${at}`);
      if (status >= 500 || status === 429) faults.push(`${status} ${JSON.stringify(given).slice(0, 300)}`);
    }
    expect(faults).toEqual([]);
    expect([...statuses]).toContain(400);
  },
);

test.each([
  ['a filter that is empty', 'GET', '/connections?tenant=', 'tenant'],
  ['another filter', 'GET', '/connections?application_user=', 'application_user'],
])('%s is named as it was written', async (_, method, path, field) => {
  const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  const api = createApi(async () => as(runtime, { type: 'anonymous' }));
  const key = await (await addApplication(runtime)).addKey({ scopes: ['connections:read'] });
  const answer = await api.request(`/api/v1${path}`, { method, headers: { authorization: `Bearer ${key}` } });
  expect([answer.status, await placesIn(answer)]).toEqual([400, [field]]);
});

test.each([
  ['a form', 'application/x-www-form-urlencoded', 'user=42'],
  ['JSON that does not say so', 'text/plain', '{}'],
  ['JSON that is cut off', 'application/json', '{"user":'],
  ['nothing that says it is JSON', 'application/json', ''],
])('%s is told what a body must be', async (_, type, body) => {
  const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  const api = createApi(async () => as(runtime, { type: 'anonymous' }));
  const key = await (await addApplication(runtime)).addKey({ scopes: ['connections:create', 'tokens:vend'] });
  for (const path of ['/connect-sessions', ...(body === '' ? [] : ['/connections/con_x/token'])]) {
    const headers = { authorization: `Bearer ${key}`, 'content-type': type };
    const answer = await api.request(`/api/v1${path}`, { method: 'POST', headers, body });
    expect([path, answer.status, await answer.json()]).toEqual([
      path,
      400,
      expect.objectContaining({
        issues: [{ path: '', message: 'the body must be JSON, sent with Content-Type: application/json' }],
      }),
    ]);
  }
});
