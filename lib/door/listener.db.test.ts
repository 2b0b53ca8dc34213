import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import type { Runtime } from '#lib/context';
import { createListener } from '#lib/door/listener';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, as, createRuntime, plainRecord, settle } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let port: number;
let close: () => void;

beforeEach(async () => {
  runtime = createRuntime(database.current, [{ ...plainRecord('http://127.0.0.1:9'), revoke: { style: 'none' } }]);
  const api = createApi(async () => as(runtime, { type: 'anonymous' }));
  const server = createServer(
    createListener({
      config: runtime.config,
      runtime: () => undefined,
      draining: () => false,
      ready: async () => true,
      // As server.ts does it.
      api: getRequestListener(api.fetch, { overrideGlobalObjects: false }),
      pages: (_, response) => response.writeHead(404).end(),
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  close = () => server.close();
});
afterEach(() => close());

/** Sends exactly these lines, as no client library would let us, and answers status and body. */
async function send(...lines: string[]): Promise<{ status: number; body: string }> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${[...lines, 'Host: localhost', 'Connection: close'].join('\r\n')}\r\n\r\n`);
  const answer = await text(socket);
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  return { status: Number(head.split(' ')[1]), body };
}

test('a POST or DELETE without any word on its body, as curl sends it, is answered', async () => {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId, accessToken: 'at_live' });
  const { key } = await addApiKey(runtime, { scopes: ['tokens:vend', 'connections:revoke'] });
  const authorization = `Authorization: Bearer ${key}`;
  const vended = await send(`POST /api/v1/connections/${id}/token HTTP/1.1`, authorization);
  expect(vended).toMatchObject({ status: 200, body: expect.stringContaining('at_live') });
  expect(await send(`DELETE /api/v1/connections/${id} HTTP/1.1`, authorization)).toMatchObject({ status: 202 });
  await settle(runtime);
});

test('F-22 a vend whose body comes in chunks, even in no chunk, is answered alike', async () => {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId, accessToken: 'at_live' });
  const { key } = await addApiKey(runtime);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  for (const body of ['', '{}', '{"force_refresh":"yes"}']) {
    const asked = request({ port, method: 'POST', path: `/api/v1/connections/${id}/token`, headers });
    asked.setHeader('transfer-encoding', 'chunked');
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(body.length > 2 ? 400 : 200);
    expect(await text(answer)).toContain(body.length > 2 ? 'invalid_request' : 'at_live');
  }
});

test('a body that is announced too large is refused', async () => {
  // Each socket waits some seconds for a body that never comes.
  const paths = ['/api/v1/connections', '/oauth/start'];
  const answers = await Promise.all(paths.map((path) => send(`POST ${path} HTTP/1.1`, 'Content-Length: 10000000')));
  expect(answers).toMatchObject([{ status: 413 }, { status: 413 }]);
});
