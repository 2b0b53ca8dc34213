import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import next from 'next';
import { apiContext } from '#lib/api/api-context';
import { createApi } from '#lib/api/app';
import { boot } from '#lib/boot';
import { once } from '#lib/process-parts';
import { addApiKey, addConnection, addPerson } from '#tests/hub';

/**
 * A process that offers the machine API at two ports, through Next only and directly, on one expired connection. It
 * counts how often a refresh was begun in the process-wide register. Speaks with its parent over IPC.
 */
const { runtime, shutDown } = await boot();

class CountingMap extends Map<string, Promise<void>> {
  begun = 0;
  override set(name: string, work: Promise<void>): this {
    this.begun += 1;
    return super.set(name, work);
  }
}
const inFlight = once(`refreshes-in-flight ${runtime.processId}`, () => new CountingMap());

const pages = next({ dev: false });
await pages.prepare();
const api = createApi(apiContext);

async function listen(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
const direct = await listen(getRequestListener(api.fetch, { overrideGlobalObjects: false }));
const throughNext = await listen(pages.getRequestHandler());

const { id: personId } = await addPerson(runtime);
const connection = await addConnection(runtime, {
  personId,
  refreshToken: process.env.TEST_REFRESH_TOKEN ?? '',
  expiresIn: -10,
  age: 3600,
});
const { key } = await addApiKey(runtime);

process.on('message', async (message) => {
  if (message === 'count') process.send?.({ begun: inFlight.begun });
  if (message !== 'end') return;
  direct.server.close();
  throughNext.server.close();
  await pages.close();
  await shutDown();
  process.exit(0);
});
process.send?.({ direct: direct.url, throughNext: throughNext.url, connection, key });
