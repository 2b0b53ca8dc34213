import { parseConfig } from '#lib/config/config';
import { systemContext } from '#lib/context';
import { openPostgres } from '#lib/db/open';
import { createLogger } from '#lib/log';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { assembleRuntime } from '#lib/runtime';

// One round of the product's background refresh, as the jobs run it each minute, whenever it is told to.

const config = parseConfig(process.env);
const log = createLogger({ level: 'silent', pretty: false });
const runtime = assembleRuntime(config, openPostgres(config.databaseUrl ?? ''), { log });
const ctx = systemContext(runtime, 'jobs');

process.on('message', async () => {
  process.send?.(await refreshDueConnections(ctx));
});
// Nothing else keeps this process going between two orders.
process.channel?.ref();
process.send?.({});
