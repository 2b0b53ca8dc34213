import { parseConfig } from '#lib/config/config';
import { providersFileSchema } from '#lib/config/provider-record';
import { refreshConnection } from '#lib/connections/refresh';
import { systemContext } from '#lib/context';
import { openPostgres } from '#lib/db/open';
import { createLogger } from '#lib/log';
import { assembleRuntime } from '#lib/runtime';

/**
 * A small process that refreshes one connection again and again until it is killed, and says after each refresh which
 * generation it has been told is stored. For tests of `kill -9`; speaks with its parent over IPC.
 */
interface Orders {
  databaseUrl: string;
  environment: Record<string, string>;
  records: unknown[];
  connection: string;
}

process.once('message', async (message) => {
  const { databaseUrl, environment, records, connection } = message as Orders;
  const config = parseConfig(environment);
  const providersFile = providersFileSchema({ appUrl: config.appUrl, env: {} }).parse(records);
  const log = createLogger({ level: 'silent', pretty: false });
  const runtime = assembleRuntime({ ...config, providersFile }, openPostgres(databaseUrl, { max: 2 }), { log });
  const ctx = systemContext(runtime, 'test');
  for (let refreshes = 1; ; refreshes++) {
    await refreshConnection(ctx, { id: connection, force: true });
    process.send?.({ acknowledged: refreshes });
  }
});
