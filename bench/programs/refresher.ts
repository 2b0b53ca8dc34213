import { parseConfig } from '#lib/config/config';
import { refreshConnection } from '#lib/connections/refresh';
import { systemContext } from '#lib/context';
import { openPostgres } from '#lib/db/open';
import { createLogger } from '#lib/log';
import { assembleRuntime } from '#lib/runtime';

// Refreshes the connections it is given with the product's own verb, so many at once, and says when all are done.

const config = parseConfig(process.env);
const log = createLogger({ level: 'silent', pretty: false });
const runtime = assembleRuntime(config, openPostgres(config.databaseUrl ?? ''), { log });
const ctx = systemContext(runtime, 'bench');

process.on('message', async ({ ids, concurrency }: { ids: string[]; concurrency: number }) => {
  const waiting = ids[Symbol.iterator]();
  let failed = 0;
  const work = async () => {
    for (const id of waiting) await refreshConnection(ctx, { id }).catch(() => (failed += 1));
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  process.send?.({ failed });
});
// Nothing else keeps this process going between two orders.
process.channel?.ref();
process.send?.({});
