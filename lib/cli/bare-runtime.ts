import { randomBytes } from 'node:crypto';
import type { CommandLineSettings } from '#lib/config/command-line';
import { parseConfig } from '#lib/config/config';
import type { Runtime } from '#lib/context';
import { openPostgres } from '#lib/db/open';
import { assembleRuntime } from '#lib/runtime';

const secret = () => randomBytes(32).toString('base64');

/**
 * Parts for commands that need nothing but rows, where the rest of the configuration is faulty or the schema is another
 * build's: the freeze must work when nothing else does. It knows no provider and opens no token. Undefined without
 * DATABASE_URL: the embedded database belongs to the process that has it open.
 */
export function bareRuntime({ databaseUrl, databasePooler: pooler }: CommandLineSettings): Runtime | undefined {
  if (!databaseUrl) return undefined;
  const config = parseConfig({
    APP_URL: 'http://localhost',
    SESSION_PASSWORD: secret(),
    VAULT_KEYS: `none:${secret()}`,
  });
  return assembleRuntime(config, openPostgres(databaseUrl, { max: 1, pooler }));
}
