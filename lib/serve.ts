import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import next from 'next';
import { apiContext } from '#lib/api/api-context';
import { createApi } from '#lib/api/app';
import { vendListener } from '#lib/api/vend-listener';
import { boot } from '#lib/boot';
import { startControlSocket } from '#lib/cli/control-socket';
import { getConfig } from '#lib/config/config';
import { closeServer } from '#lib/door/close-server';
import { openFrontDoor } from '#lib/door/front-door';
import { createListener } from '#lib/door/listener';
import { nameErrorsThatPass } from '#lib/door/page-failures';
import { refuseTunnels, serverOptions } from '#lib/door/server-options';
import { onEndSignal } from '#lib/end-signals';
import { sayLate } from '#lib/jobs/list-jobs';
import { metricsListener } from '#lib/metrics/metrics-listener';
import { inventoryIntegrity, readInventory } from '#lib/page-scripts/inventory';
import { createReadiness } from '#lib/status/readiness';
import { nameRoutes } from '#lib/telemetry/route-of';
import { sayKeyService } from '#lib/vault-keys/data-keys';

/** For running requests; then they are cut, so that what they and the background began can still be kept. */
const closeSeconds = 20;
const drainSeconds = 25;

/**
 * Runs the one process until a signal ends it.
 * @param releaseFaults lets go of uncaught faults, once Next takes them
 */
export async function serve(releaseFaults: () => void): Promise<void> {
  const config = getConfig();
  const dev = config.mode === 'development';
  openFrontDoor();
  nameErrorsThatPass();
  const booted = await boot({ allowMissingKeys: process.argv.includes('--allow-missing-keys') });
  const { runtime } = booted;
  // Beside the pages, after what an operator set: a wrong setting is told also where no build is yet.
  const integrity = dev ? undefined : inventoryIntegrity(readInventory(process.cwd()));
  const pages = next({ dev, hostname: 'localhost', port: config.port });
  await pages.prepare();
  releaseFaults();
  const servePage = pages.getRequestHandler();
  const api = createApi(apiContext);
  nameRoutes(api.routes.map(({ path }) => path));

  const ready = createReadiness(runtime);
  let draining = false;
  const server = createServer(
    {
      ...serverOptions(),
      // Nothing here speaks another protocol. Next would take such a request past the door and keep its socket open.
      shouldUpgradeCallback: () => dev,
    },
    createListener({
      config,
      runtime: () => runtime,
      draining: () => draining,
      ready: async () => {
        const keys = sayKeyService(runtime);
        if (keys === false || !(await ready())) return false;
        return keys === true ? sayLate(runtime.database.db) : keys;
      },
      api: vendListener(runtime, getRequestListener(api.fetch, { overrideGlobalObjects: false })),
      metrics: metricsListener(() => runtime),
      pages: (request, response) => void servePage(request, response),
      integrity,
    }),
  );
  refuseTunnels(server);
  if (dev) server.on('upgrade', pages.getUpgradeHandler());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
  const control = await startControlSocket(runtime);
  const address = server.address();
  runtime.log.info({
    event: 'listening',
    port: typeof address === 'object' ? address?.port : config.port,
    app_url: config.appUrl.origin,
  });

  const drain = async (signal: string) => {
    if (draining) return;
    draining = true;
    runtime.log.info({ event: 'draining', signal });
    // Whatever hangs longer than the longest provider call is cut, so that a restart always ends.
    setTimeout(() => process.exit(1), (config.drainGraceSeconds + drainSeconds) * 1000).unref();
    // `/readyz` says it already: a balancer stops sending before the door is shut.
    await sleep(config.drainGraceSeconds * 1000);
    // A refresh that the background began at the last moment would spend a token and end with the process.
    await Promise.allSettled([closeServer(server, closeSeconds * 1000), booted.stopJobs()]);
    await control?.close();
    await pages.close();
    await booted.shutDown();
    runtime.log.info({ event: 'stopped' });
    process.exit(0);
  };
  onEndSignal((signal) => void drain(signal));
}
