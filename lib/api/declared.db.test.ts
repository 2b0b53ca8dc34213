import { expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import type { ApiDocument } from '#lib/api/document-shape';
import { addApplication } from '#tests/application';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, as, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();

/** Values of a path's parameter, as they stand in the address. */
const ids = ['con_none', '%00', '%FF', '%', '..%2F..', 'x'.repeat(3000), '%E2%80%AE', "'", '1e3'];

/** Bodies with their type, for operations with a body and without. */
const bodies: [type: string | undefined, body: string | undefined][] = [
  [undefined, undefined],
  ['application/json', '{'],
  ['application/json', 'null'],
  ['application/json', '[]'],
  ['application/json', '{"name":"\\u0000","url":"\\u0000","types":[1],"enabled":"\\u0000","purpose":"\\u0000"}'],
  ['application/json', '{"name":"x\\u0000y","url":"https://hooks.example.com/in"}'],
  ['application/json', '{"purpose":"x\\u0000y"}'],
  ['application/json', '{"reason":"x\\ud800"}'],
  ['application/json', '{"name":"\\ud800","url":"https://hooks.example.com/in"}'],
  ['application/json', '{"scopes":["x\\u0000y"]}'],
  ['application/json; charset=utf-16', '{}'],
  ['text/plain', '{}'],
  ['application/x-www-form-urlencoded', 'enabled=true'],
  ['application/json', JSON.stringify({ name: 'x'.repeat(70_000) })],
];

const noBody: (typeof bodies)[number] = [undefined, undefined];

const queries = ['', '?user=%00', '?limit=0', '?limit=1&limit=2', '?status=x', '?cursor=%FF', '?nothing=1', '?user=%'];

test('I-05 whatever is sent to an operation, its answer has a status that the document declares, in its type', async () => {
  const runtime = createRuntime(database.current, [
    { ...plainRecord('http://127.0.0.1:9'), revoke: { style: 'none' as const } },
    plainRecord('http://127.0.0.1:9', 'other'),
  ]);
  const api = createApi(async () => as(runtime, { type: 'anonymous' }));
  const document = (await (await api.request('/api/v1/openapi.json')).json()) as ApiDocument;
  const live = await addConnection(runtime, { personId: (await addPerson(runtime)).id, accessToken: 'at_live' });
  const all = await addApiKey(runtime, {
    scopes: ['connections:read', 'tokens:vend', 'connections:revoke', 'webhooks:manage', 'applications:manage'],
  });
  const app = await addApplication(runtime);
  const session = await app.begin();
  const none = await addApiKey(runtime, { scopes: ['connections:read'], providers: ['other'] });
  const wrong: string[] = [];
  const declared = new Set<string>();
  const seen = new Set<string>();

  for (const [path, operations] of Object.entries(document.paths))
    for (const [method, { responses }] of Object.entries(operations)) {
      const operation = `${method.toUpperCase()} ${path}`;
      for (const status of Object.keys(responses)) declared.add(`${operation} ${status}`);
      const send = async (address: string, key: string, [type, body]: (typeof bodies)[number]) => {
        const headers = { authorization: key, ...(type ? { 'content-type': type } : {}) };
        const bodied = body !== undefined && method !== 'get' ? { body } : {};
        const answer = await api.request(address, { method: method.toUpperCase(), headers, ...bodied });
        const text = await answer.text();
        const told = responses[String(answer.status)];
        const what = `${operation} as ${address.slice(0, 60)} with ${type} ${body?.slice(0, 20)}: ${answer.status}`;
        seen.add(`${operation} ${answer.status}`);
        if (!told) wrong.push(`${what} ${text.slice(0, 100)}`);
        else if (text !== '' && !told.content?.[answer.headers.get('content-type')?.split(';')[0] ?? ''])
          wrong.push(`${what} as ${answer.headers.get('content-type')}`);
      };
      const bearer = `Bearer ${path.includes('/connect-sessions') ? app.key : all.key}`;
      for (const id of path.includes('{id}') ? ids : ['']) await send(path.replace('{id}', id), bearer, noBody);
      for (const body of bodies)
        await send(path.replace('{id}', path.includes('/connect-sessions') ? session.id : live), bearer, body);
      for (const query of queries) await send(path.replace('{id}', 'con_none') + query, bearer, noBody);
      for (const key of ['', 'Bearer x', 'Basic eDp4', `Bearer ${none.key}`])
        await send(path.replace('{id}', live), key, noBody);
    }
  expect(wrong).toEqual([]);
  // It cannot pass by seeing nothing.
  expect([...seen].filter((one) => declared.has(one)).length).toBeGreaterThan(30);
});
