import { workBulkRevocations } from '#lib/bulk-revocation/work';
import { parseConfig } from '#lib/config/config';
import { systemContext } from '#lib/context';
import { openPostgres } from '#lib/db/open';
import { createLogger } from '#lib/log';
import { workRevocations } from '#lib/revocation/work-revocations';
import { assembleRuntime } from '#lib/runtime';

// What a tick does of bulk revocations and of revocations at the providers, whenever it is told to.

const config = parseConfig(process.env);
const log = createLogger({ level: 'silent', pretty: false });
const runtime = assembleRuntime(config, openPostgres(config.databaseUrl ?? ''), { log });
const ctx = systemContext(runtime, 'jobs');

process.on('message', async ({ what }: { what: 'here' | 'upstream' }) => {
  const done = what === 'here' ? await workBulkRevocations(ctx, { seconds: 600 }) : await workRevocations(ctx);
  process.send?.({ done });
});
// Nothing else keeps this process going between two orders.
process.channel?.ref();
process.send?.({});
