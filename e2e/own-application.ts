import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createConnect, sendRedirect } from '../sdk/src/connect.ts';
import { createClient, isGrantkeepError } from '../sdk/src/index.ts';
import type { RunningApp } from './app-process.ts';
import { someone } from './steps.ts';

/** An application with users of its own, registered at the hub, on an origin of its own. */
export interface OwnApplication {
  name: string;
  url: string;
  /** Its API key. */
  key: string;
  close(): Promise<void>;
}

/** The script for windows as the package has it, without its types. */
const popup = stripTypeScriptTypes(readFileSync(new URL('../sdk/src/popup.ts', import.meta.url), 'utf8'));
const onClick = `document.querySelector('#popup').onclick = async () => {
  const opened = connectInPopup(document.querySelector('form'));
  if (opened) document.querySelector('#told').textContent = 'Connected in a window: ' + (await opened.told).connected;
}`;

/** Its user is named by a cookie, which a test sets. */
const userOf = (request: IncomingMessage) =>
  /(?:^|; )user=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? 'nobody';

export async function startOwnApplication(
  app: RunningApp,
  {
    provider,
    name = someone('Application'),
    scopes = ['connections:create', 'connections:read', 'connections:revoke', 'tokens:vend'],
  }: { provider?: string; name?: string; scopes?: string[] } = {},
): Promise<OwnApplication> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const grantkeep = async (...args: string[]) =>
    JSON.parse(await app.grantkeep(...args)) as { id: string; key: string };
  const registered = ['--name', name, '--contact', 'help@app.example.com', '--return-url', `${url}/connected`];
  const { id } = await grantkeep('application', 'create', ...registered);
  const may = scopes.flatMap((scope) => ['--scope', scope]);
  const { key } = await grantkeep('api-key', 'create', '--name', name, '--application', id, ...may);
  const client = createClient({ url: app.url, apiKey: key });
  const secret = randomBytes(32).toString('base64');
  const { startConnect, startManage, finishManage } = createConnect({ client, returnUrl: `${url}/connected`, secret });

  server.on('request', async (request, response) => {
    const user = { id: userOf(request), label: `${userOf(request)} of ${name}` };
    const say = (text: string, script = onClick) =>
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(`<!doctype html><title>${name}</title><link rel="icon" href="data:,"><h1>${text}</h1>
          <form method="post" action="/connect"><button>Connect an account</button></form>
          <form method="post" action="/manage"><button>Manage accounts</button></form>
          <button id="popup">Connect in a window</button><p id="told"></p>
          <script type="module">import { connectInPopup, tellOpener } from '/popup.js'; ${script}</script>`);
    try {
      if (request.url === '/popup.js') return response.writeHead(200, { 'content-type': 'text/javascript' }).end(popup);
      if (request.url === '/connect') {
        const asked = provider ? { user, provider } : { user };
        return sendRedirect(response, await startConnect(request, asked));
      }
      if (request.url === '/manage') return sendRedirect(response, await startManage(request, { user }));
      if (!request.url?.startsWith('/connected')) return say(`You are ${user.id}`);
      const connection = await finishManage(request, { user });
      if (connection === null) return say('Back from the connected accounts');
      say(
        `Connected ${connection.account.label}`,
        `tellOpener({ connected: ${JSON.stringify(connection.account.label)} })`,
      );
    } catch (error) {
      say(`Not connected: ${isGrantkeepError(error) ? error.code : error}`);
    }
  });
  return {
    name,
    url,
    key,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
