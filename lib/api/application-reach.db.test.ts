import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import { changeApplication } from '#lib/applications/change';
import { disableApplication } from '#lib/applications/disable';
import { getConnection } from '#lib/connections/get';
import { listConnections } from '#lib/connections/list';
import { type Context, type Runtime, systemContext } from '#lib/context';
import type { ApiKeyScope } from '#lib/db/schema/api-key-scopes';
import { apiKeys } from '#lib/db/schema/api-keys';
import { revokeConnection } from '#lib/revocation/revoke';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import {
  addApiKey,
  addApplication,
  addConnection,
  addPerson,
  addPersonOf,
  as,
  createRuntime,
  entries,
  plainRecord,
  rowOf,
} from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let api: ReturnType<typeof createApi>;

/** By whom a connection is held, and by whom a key is. */
const owners = ['planner', 'ledgerly', 'nobody'] as const;
type Owner = (typeof owners)[number];
let applicationOf: Record<Owner, string | null>;
let keyOf: Record<Owner, { id: string; key: string; ctx: Context }>;
let connectionOf: Record<Owner, string>;
let personOf: Record<Owner, string>;

const each = async <T>(make: (owner: Owner) => Promise<T>) =>
  Object.fromEntries(await Promise.all(owners.map(async (owner) => [owner, await make(owner)]))) as Record<Owner, T>;

beforeEach(async () => {
  runtime = createRuntime(database.current, [{ ...plainRecord('http://127.0.0.1:9'), revoke: { style: 'none' } }]);
  api = createApi(async () => as(runtime, { type: 'anonymous' }));
  applicationOf = await each(async (owner) => (owner === 'nobody' ? null : addApplication(runtime, { name: owner })));
  keyOf = await each((owner) => {
    const scopes: ApiKeyScope[] = ['connections:read', 'connections:revoke', 'tokens:vend'];
    const more: ApiKeyScope[] =
      applicationOf[owner] === null ? ['webhooks:manage', 'applications:manage'] : ['connections:create'];
    return addApiKey(runtime, { scopes: [...scopes, ...more], applicationId: applicationOf[owner] });
  });
  personOf = await each(async (owner) => {
    const applicationId = applicationOf[owner];
    if (applicationId === null) return (await addPerson(runtime, { email: 'ada@example.com' })).id;
    // Both applications know a user by the same ids.
    return addPersonOf(runtime, applicationId, { user: '42', tenant: 'acme', label: 'Ada' });
  });
  connectionOf = await each((owner) => addConnection(runtime, { personId: personOf[owner] }));
});

const call = async (owner: Owner, method: string, path: string, body?: unknown) => {
  const answer = await api.request(`/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${keyOf[owner].key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
};
const idsOf = ({ body }: { body: Record<string, unknown> }) =>
  (body.connections as { id: string }[]).map(({ id }) => id);
const mayReach = (of: Owner, held: Owner) => of === 'nobody' || of === held;
const pairs = owners.flatMap((of) => owners.map((held) => [of, held] as const));

/** About one connection: the request, and its status where the key may reach it. */
const ofConnections: Record<string, [method: string, path: (id: string) => string, status: number]> = {
  getConnection: ['GET', (id) => `/connections/${id}`, 200],
  vendToken: ['POST', (id) => `/connections/${id}/token`, 200],
  revokeConnection: ['DELETE', (id) => `/connections/${id}`, 202],
};
/** What tells of everybody, or says what an application may do: for no key of one. */
const ofTheHub: Record<string, [method: string, path: string, body?: object]> = {
  listWebhooks: ['GET', '/webhooks'],
  createWebhook: ['POST', '/webhooks', { name: '', url: 'x' }],
  changeWebhook: ['PATCH', '/webhooks/whk_x', { enabled: false }],
  removeWebhook: ['DELETE', '/webhooks/whk_x'],
  rotateWebhookSecret: ['POST', '/webhooks/whk_x/secret'],
  testWebhook: ['POST', '/webhooks/whk_x/test'],
  listApplications: ['GET', '/applications'],
  createApplication: ['POST', '/applications', { name: '', contact: 'x', return_urls: [] }],
  getApplication: ['GET', '/applications/app_x'],
  changeApplication: ['PATCH', '/applications/app_x', { name: 'x' }],
  disableApplication: ['POST', '/applications/app_x/disable', { reason: 'r' }],
};
/** Operations about connect sessions, which have a table of their own. */
const ofConnectSessions = /connectSession/i;

test('every operation of the API is tried here', async () => {
  const { paths } = (await (await api.request('/api/v1/openapi.json')).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const operations = Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
  const tried = [...Object.keys(ofConnections), ...Object.keys(ofTheHub), 'listConnections', 'listEvents'];
  expect(operations.filter((one) => one && !ofConnectSessions.test(one)).toSorted()).toEqual(tried.toSorted());
});

describe.each(Object.entries(ofConnections))('%s', (_name, [method, path, status]) => {
  test.each(pairs)('by a key of %s, of a connection of %s', async (of, held) => {
    const found = await call(of, method, path(connectionOf[held]));
    if (mayReach(of, held)) {
      expect(found.status).toBe(status);
      return;
    }
    // A connection that is not there is answered by the same, but for the request's reference.
    const nothing = await call(of, method, path(`${connectionOf[held].slice(0, -8)}00000000`));
    const { request_id: _, ...body } = found.body;
    const { request_id: __, ...same } = nothing.body;
    expect([found.status, body]).toEqual([nothing.status, same]);
    expect(body).toMatchObject({ status: 404, code: 'not_found' });
    expect(await rowOf(runtime, connectionOf[held])).toMatchObject({ status: 'connected', generation: 1 });
    const told = await entries(runtime, connectionOf[held]);
    expect(told.filter(({ outcome }) => outcome === 'ok')).toEqual([]);
  });
});

test.each(pairs)('vendToken with a refused token, by a key of %s, of a connection of %s', async (of, held) => {
  const fingerprint = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
  const found = await call(of, 'POST', `/connections/${connectionOf[held]}/token`, {
    rejected_token_fingerprint: fingerprint,
  });
  expect(found.status).toBe(mayReach(of, held) ? 200 : 404);
});

describe('listConnections', () => {
  const queries: Record<string, (held: Owner) => string> = {
    'without a filter': () => '',
    'by its person': (held) => `&user=${personOf[held]}`,
    'by its application': (held) => (applicationOf[held] === null ? '' : `&application=${applicationOf[held]}`),
    'by the ids of a user': (held) =>
      applicationOf[held] === null
        ? '&email=ada@example.com'
        : `&application=${applicationOf[held]}&application_user=42&tenant=acme`,
    'by provider and status': () => '&provider=acme&status=connected',
  };
  describe.each(Object.entries(queries))('%s', (_, query) => {
    test.each(pairs)('by a key of %s, of a connection of %s', async (of, held) => {
      const found = idsOf(await call(of, 'GET', `/connections?limit=100${query(held)}`));
      expect(found.includes(connectionOf[held])).toBe(mayReach(of, held));
      const others = owners.filter((owner) => !mayReach(of, owner)).map((owner) => connectionOf[owner]);
      expect(found.filter((id) => others.includes(id))).toEqual([]);
    });
  });

  test('the same ids of a user are another person in each application', async () => {
    for (const of of ['planner', 'ledgerly'] as const) {
      const found = await call(of, 'GET', '/connections?application_user=42&tenant=acme');
      expect(idsOf(found)).toEqual([connectionOf[of]]);
      expect(found.body.connections).toMatchObject([
        {
          user: personOf[of],
          person: { id: personOf[of], application: applicationOf[of], tenant: 'acme', user: '42', label: 'Ada' },
        },
      ]);
    }
  });

  test('a user without a tenant is not the one of a tenant', async () => {
    const [id = ''] = [applicationOf.planner ?? ''];
    const alone = await addPersonOf(runtime, id, { user: '42' });
    const other = await addPersonOf(runtime, id, { user: '42', tenant: 'other' });
    const [ofAlone, ofOther] = [
      await addConnection(runtime, { personId: alone }),
      await addConnection(runtime, { personId: other }),
    ];
    const found = async (query: string) => idsOf(await call('planner', 'GET', `/connections?${query}`));
    expect(await found('application_user=42')).toEqual([ofAlone]);
    expect(await found('application_user=42&tenant=other')).toEqual([ofOther]);
    expect(await found('tenant=other')).toEqual([ofOther]);
    expect(await found('application_user=43')).toEqual([]);
  });

  test.each([
    '4/2',
    '4%2F2',
    'a b+c&d=e',
    '🦊'.repeat(50),
    "x' or '1'='1",
    '%',
    '_',
    'ADA',
    '\u202Eada',
    'a'.repeat(500),
  ])('an odd id %j finds its own user alone', async (user) => {
    const application = applicationOf.planner ?? '';
    // Beside it: what a careless reading would take for the same.
    for (const near of [user.toLowerCase(), decodeURIComponent(user.replace(/%(?!2F)/g, '%25')), `${user} `]) {
      if (near === user) continue;
      await addConnection(runtime, { personId: await addPersonOf(runtime, application, { user: near }) });
    }
    const id = await addConnection(runtime, { personId: await addPersonOf(runtime, application, { user }) });
    expect(idsOf(await call('planner', 'GET', `/connections?application_user=${encodeURIComponent(user)}`))).toEqual([
      id,
    ]);
    expect(idsOf(await call('ledgerly', 'GET', `/connections?application_user=${encodeURIComponent(user)}`))).toEqual(
      [],
    );
  });

  test.each([
    'application_user=',
    'tenant=',
    'application=',
    'application_user=%00',
    `application_user=${'a'.repeat(501)}`,
  ])('refuses %s', async (query) => {
    expect(await call('planner', 'GET', `/connections?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  });

  test.each(['application_user=42', 'tenant=acme'])('needs an application with %s by a key of none', async (query) => {
    expect(await call('nobody', 'GET', `/connections?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', issues: [{ path: 'application' }] },
    });
  });

  test('pages end where the reach does', async () => {
    const more: string[] = [];
    for (let n = 0; n < 4; n++) {
      more.push(await addConnection(runtime, { personId: personOf.planner }));
      await addConnection(runtime, { personId: personOf.ledgerly });
    }
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const page = await call('planner', 'GET', `/connections?limit=2${next && `&cursor=${next}`}`);
      seen.push(...idsOf(page));
      next = page.body.next_cursor as string | null;
    }
    expect(seen.toSorted()).toEqual([connectionOf.planner, ...more].toSorted());
  });
});

describe('listEvents', () => {
  test.each(pairs)('by a key of %s, of a connection of %s', async (of, held) => {
    const since = (await call(of, 'GET', '/events')).body.next;
    await call(held, 'DELETE', `/connections/${connectionOf[held]}`);
    const { status, body } = await call(of, 'GET', `/events?since=${since}`);
    const told = (body.events as { body: { type: string; data: { connection_id: string } } }[]).map(
      (event) => event.body,
    );
    expect(status).toBe(200);
    expect(told.map(({ data }) => data.connection_id)).toEqual(mayReach(of, held) ? [connectionOf[held]] : []);
    if (!mayReach(of, held)) expect(JSON.stringify(body)).not.toContain(personOf[held]);
  });
});

test('people of the hub are named as they sign in', async () => {
  const { body } = await call('nobody', 'GET', `/connections/${connectionOf.nobody}`);
  expect(body.person).toEqual({
    id: personOf.nobody,
    issuer: 'https://id.example',
    subject: personOf.nobody,
    email: 'ada@example.com',
  });
});

describe.each(Object.entries(ofTheHub))('%s', (_, [method, path, body]) => {
  test.each(owners)('by a key of %s', async (of) => {
    const found = await call(of, method, path, body);
    if (of !== 'nobody') expect(found).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
    else expect([200, 400, 404]).toContain(found.status);
  });
});

test('no row can say that a key of an application manages webhooks or applications', async () => {
  for (const scope of ['webhooks:manage', 'applications:manage'] as const)
    await expect(
      database.db
        .update(apiKeys)
        .set({ scopes: [scope] })
        .where(sql`id = ${keyOf.planner.id}`),
    ).rejects.toThrow();
  // Not even where the row did: the verbs refuse the actor.
  const { actor } = keyOf.planner.ctx;
  if (actor.type !== 'api_key') throw new Error('no key');
  const forged: Context = {
    ...keyOf.planner.ctx,
    actor: { ...actor, scopes: ['webhooks:manage', 'applications:manage'] },
  };
  const { listWebhooks } = await import('#lib/webhooks/list');
  await expect(listWebhooks(forged)).rejects.toMatchObject({ code: 'insufficient_scope' });
  const itself = { id: applicationOf.planner ?? '', returnUrls: ['https://elsewhere.example/'] };
  await expect(changeApplication(forged, itself)).rejects.toMatchObject({ code: 'insufficient_scope' });
});

test('an application that is disabled amid a call: nothing more is answered or done', async () => {
  await disableApplication(systemContext(runtime, 'test'), { id: applicationOf.planner ?? '', reason: 'r' });
  for (const [method, path] of Object.values(ofConnections))
    expect((await call('planner', method, path(connectionOf.planner))).body).toMatchObject({ code: 'invalid_api_key' });
  // The key of these calls was checked before; the connection is looked at afterwards.
  const { ctx } = keyOf.planner;
  await expect(vendToken(ctx, { id: connectionOf.planner })).rejects.toMatchObject({ code: 'invalid_api_key' });
  await expect(revokeConnection(ctx, { id: connectionOf.planner })).rejects.toMatchObject({ code: 'invalid_api_key' });
  // Reads that were let in end as they began, within the application's own.
  expect(await getConnection(ctx, { id: connectionOf.planner })).toMatchObject({ id: connectionOf.planner });
  expect((await listConnections(ctx)).items.map(({ id }) => id)).toEqual([connectionOf.planner]);
  // Its connections stay.
  expect((await call('nobody', 'GET', `/connections/${connectionOf.planner}`)).body).toMatchObject({
    status: 'connected',
  });
});
