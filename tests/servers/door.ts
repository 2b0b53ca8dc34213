import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach } from 'vitest';
import { parseConfig } from '#lib/config/config';
import { createListener, type ListenerParts } from '#lib/door/listener';
import { refuseTunnels, serverOptions } from '#lib/door/server-options';
import { createRefusalFolder } from '#lib/ledger/fold-refusals';
import { createLogger } from '#lib/log';
import { readLogLine } from '#tests/log-lines';

const servers = new Set<Server>();
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers.clear();
});

/** Answers what came through the door, as the pages or the API would see it. */
const echo =
  (name: string): RequestListener =>
  (asked, response) => {
    const { url, method, headers, rawHeaders } = asked;
    text(asked).then(
      (body) => response.end(JSON.stringify({ name, url, method, headers, rawHeaders, body })),
      () => response.destroy(),
    );
  };

/** The product's listener on a port of its own until the test is over, with what it logged and whom it refused. */
export async function openDoor(
  variables: Record<string, string> = {},
  parts: Partial<ListenerParts> = {},
  host = '127.0.0.1',
  headersMs?: number,
) {
  const config = parseConfig({
    APP_URL: 'http://localhost:3000',
    SESSION_PASSWORD: 'x'.repeat(32),
    VAULT_KEYS: `k:${Buffer.alloc(32).toString('base64')}`,
    ...variables,
  });
  const logged: Record<string, unknown>[] = [];
  const refused: [string, string | null][] = [];
  const refusals = createRefusalFolder();
  const log = createLogger({
    level: 'info',
    pretty: false,
    destination: { write: (line) => void logged.push(readLogLine(line)) },
  });
  const listener = createListener({
    config,
    runtime: () => ({ log, refusals: { ...refusals, add: (who, code) => void refused.push([code, who.ip]) } }),
    draining: () => false,
    ready: async () => true,
    api: echo('api'),
    pages: echo('pages'),
    ...parts,
  });
  const server = createServer(serverOptions(headersMs), listener);
  refuseTunnels(server);
  servers.add(server);
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, port, host, logged, refused };
}
export type Door = Awaited<ReturnType<typeof openDoor>>;

interface Asked {
  method?: string;
  path?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  from?: string;
}

/** Sends one request on a connection of its own. */
export async function ask(
  door: Pick<Door, 'port' | 'host'>,
  { method = 'GET', path = '/', headers = {}, body, from }: Asked,
) {
  const sent = request({
    host: door.host,
    port: door.port,
    method,
    path,
    headers,
    agent: false,
    ...(from ? { localAddress: from } : {}),
  });
  const over = new Promise((resolve) => sent.once('close', resolve));
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const content = await text(answer);
  await over;
  return { status: answer.statusCode, headers: answer.headers, text: content, json: () => JSON.parse(content) };
}

/** Sends bytes as they are and answers everything that comes back until the connection ends. */
export async function askRaw(door: Door, bytes: string): Promise<string> {
  const socket = connect(door.port, door.host);
  socket.write(bytes);
  return text(socket);
}
