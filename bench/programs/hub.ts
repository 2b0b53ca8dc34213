import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { apiContext } from '#lib/api/api-context';
import { createApi } from '#lib/api/app';
import { vendListener } from '#lib/api/vend-listener';
import { boot } from '#lib/boot';
import { getConfig } from '#lib/config/config';
import { closeServer } from '#lib/door/close-server';
import { createListener } from '#lib/door/listener';
import { serverOptions } from '#lib/door/server-options';

// The process that `server.ts` is, with its jobs, its door and its API, but without pages: so it starts within a second.
// Its code is loaded before it is needed. It starts when its supervisor says so.

const closeSeconds = 20;

process.channel?.ref();
await once(process, 'message');
process.channel?.unref();
const config = getConfig();
const booted = await boot();
const { runtime } = booted;
const api = createApi(apiContext);
let draining = false;
const server = createServer(
  serverOptions(),
  createListener({
    config,
    runtime: () => runtime,
    draining: () => draining,
    ready: async () => true,
    api: vendListener(runtime, getRequestListener(api.fetch, { overrideGlobalObjects: false })),
    metrics: (_request, response) => void response.writeHead(404).end(),
    pages: (_request, response) => void response.writeHead(404).end(),
  }),
);
server.listen(config.port, config.host, () => process.send?.({ url: `http://127.0.0.1:${config.port}` }));

process.once('SIGTERM', async () => {
  draining = true;
  await Promise.allSettled([closeServer(server, closeSeconds * 1000), booted.stopJobs()]);
  await booted.shutDown();
  process.exit(0);
});
