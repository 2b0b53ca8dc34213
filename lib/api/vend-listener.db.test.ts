import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { createApi } from '#lib/api/app';
import { createNextMount } from '#lib/api/next-mount';
import { vendListener } from '#lib/api/vend-listener';
import { alwaysHeaders } from '#lib/door/security-headers';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, as, createRuntime, entries, freeze, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: ReturnType<typeof createRuntime>;
let personId: string;

beforeEach(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  personId = (await addPerson(runtime)).id;
});

/** A server with the listener before the API, that remembers what it handed on. */
async function listen() {
  const api = createApi(async () => as(runtime, { type: 'anonymous' }));
  const handedOn: string[] = [];
  const others = getRequestListener(api.fetch, { overrideGlobalObjects: false });
  const listener = vendListener(runtime, (request, response) => {
    handedOn.push(`${request.method} ${request.url}`);
    return others(request, response);
  });
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const next = createNextMount(async () => runtime, api);
  const throughNext = (path: string, init: RequestInit) =>
    next(new Request(`http://localhost:3000${path}`, { ...init, headers: { ...init.headers, 'content-length': '0' } }));
  return { api, origin, handedOn, throughNext };
}

/**
 * The parts of an answer that must be the same however a request came: all but the request's own id, and the
 * transport's own.
 */
async function comparable(answer: Response) {
  const own = ['x-request-id', 'date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'];
  const headers = [...answer.headers].filter(([name]) => !own.includes(name));
  const { request_id, expires_in, ...body } = (await answer.json()) as Record<string, unknown>;
  const seconds = headers.map(([name, value]) => [
    name,
    name === 'retry-after' ? '…' : value.replace(/([rt])=\d+/g, '$1=…'),
  ]);
  return { status: answer.status, headers: Object.fromEntries(seconds), body, requestId: typeof request_id };
}

const always = alwaysHeaders({ secure: false });
const lowerCased = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

type Prepared = { id: string; key: string };
type Given = { values?: Parameters<typeof addConnection>[1]['values']; expiresIn?: number; refreshToken?: string };

const connected = (given: Given = {}) => addConnection(runtime, { personId, ...given });
const keyed = async (id: string): Promise<Prepared> => ({ id, key: (await addApiKey(runtime)).key });

const cases: [string, number, () => Promise<Prepared>][] = [
  ['a live token', 200, async () => keyed(await connected())],
  ['no key', 401, async () => ({ id: await connected(), key: '' })],
  ['a made-up key', 401, async () => ({ id: await connected(), key: 'gk_nonsense' })],
  [
    'a key without the scope',
    403,
    async () => ({ id: await connected(), key: (await addApiKey(runtime, { scopes: ['connections:read'] })).key }),
  ],
  ['a connection that is not there', 404, () => keyed(`con_${personId.slice(4)}${'0'.repeat(16)}`)],
  [
    'a connection that needs its person',
    409,
    async () => keyed(await connected({ values: { status: 'needs_reconnect' } })),
  ],
  [
    'a frozen connection',
    423,
    async () => {
      const id = await connected();
      await freeze(runtime, 'connection', id);
      return keyed(id);
    },
  ],
  [
    'a token that is over while the provider is out of reach',
    503,
    async () => keyed(await connected({ expiresIn: -1, refreshToken: 'rt_1' })),
  ],
];

test.each(cases)('%s is answered as the route of the API answers it', async (_, status, prepare) => {
  const { api, origin, handedOn, throughNext } = await listen();
  const { id, key } = await prepare();
  const init = { method: 'POST', headers: { authorization: `Bearer ${key}` } };
  const path = `/api/v1/connections/${id}/token`;
  const direct = await fetch(origin + path, init);
  expect(direct.headers.get('x-request-id')).toMatch(/^req_/);
  const found = await comparable(direct);
  expect(found.status).toBe(status);
  expect(found).toEqual(await comparable(await api.request(path, init)));
  expect(handedOn).toEqual([]);
  const { headers, ...same } = await comparable(await throughNext(path, init));
  expect({ headers, ...same }).toEqual({ ...found, headers: { ...found.headers, ...lowerCased(always) } });
});

test('what Next hands to the framework has the headers of every answer too', async () => {
  const { throughNext } = await listen();
  const answer = await throughNext('/api/v1/nothing', { method: 'POST' });
  expect(answer.status).toBe(404);
  expect(Object.fromEntries(answer.headers)).toMatchObject(lowerCased(always));
});

test('both count against the same limit, and write the same entry', async () => {
  const { api, origin } = await listen();
  const id = await addConnection(runtime, { personId });
  const { key } = await addApiKey(runtime);
  const init = { method: 'POST', headers: { authorization: `Bearer ${key}` } };
  const path = `/api/v1/connections/${id}/token`;
  const remaining = (answer: Response) => Number(/r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1]);
  const first = await fetch(origin + path, init);
  const second = await api.request(path, init);
  expect(remaining(second)).toBe(remaining(first) - 1);
  const written = await entries(runtime, id);
  expect(written).toHaveLength(2);
  const [one, other] = written.map(({ ip, ...rest }) => rest);
  expect(one).toEqual(other);
});

test.each([
  ['another method', { method: 'GET' }, ''],
  ['a query', { method: 'POST' }, '?x=1'],
  ['a body', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }, ''],
])('%s is handed on', async (_, init, suffix) => {
  const { origin, handedOn } = await listen();
  const path = `/api/v1/connections/con_${'0'.repeat(32)}/token${suffix}`;
  await fetch(origin + path, init);
  expect(handedOn).toEqual([`${init.method} ${path}`]);
});
