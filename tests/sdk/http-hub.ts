import { createServer, type RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createApi } from '#lib/api/app';
import { vendListener } from '#lib/api/vend-listener';
import type { Runtime } from '#lib/context';
import { createListener } from '#lib/door/listener';
import { serverOptions } from '#lib/door/server-options';
import { contextFor } from '#lib/web/request-context';
import { freePort } from '#scripts/postgres-server';
import { listenOnLoopback } from '#tests/servers/loopback';

/** A hub's door and API on a port, as `server.ts` opens them; it has no pages. It can go down and come back. */
export async function httpHub(runtime: () => Runtime) {
  const paths: string[] = [];
  const api = createApi(async (request) => contextFor(runtime(), request.headers, { type: 'anonymous' }));
  const others = getRequestListener(api.fetch, { overrideGlobalObjects: false });
  const noPages: RequestListener = (_, response) => void response.writeHead(404).end();
  const listener: RequestListener = (request, response) => {
    paths.push(`${request.method} ${request.url}`);
    return createListener({
      config: runtime().config,
      runtime,
      draining: () => false,
      ready: async () => true,
      api: vendListener(runtime(), others),
      pages: noPages,
    })(request, response);
  };
  // It keeps its port while it is down.
  const port = await freePort();
  let close: (() => Promise<void>) | undefined;
  const up = async () => {
    ({ close } = await listenOnLoopback(createServer(serverOptions(), listener), { port }));
  };
  const down = async () => {
    await close?.();
    close = undefined;
  };
  await up();
  return { url: `http://127.0.0.1:${port}`, paths, up, down };
}
