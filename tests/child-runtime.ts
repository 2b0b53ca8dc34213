import { parseConfig } from '#lib/config/config';
import { providersFileSchema } from '#lib/config/provider-record';
import type { Runtime } from '#lib/context';
import { openPostgres } from '#lib/db/open';
import { createLogger } from '#lib/log';
import { assembleRuntime } from '#lib/runtime';

/** What a process that a test starts is made of; its parent sends it. */
export interface Making {
  databaseUrl: string;
  environment: Record<string, string>;
  records: unknown[];
}

/** The parts of such a process, which logs nothing and opens `max` connections at most. */
export function runtimeFrom({ databaseUrl, environment, records }: Making, max: number): Runtime {
  const config = parseConfig(environment);
  const providersFile = providersFileSchema({ appUrl: config.appUrl, env: {} }).parse(records);
  const log = createLogger({ level: 'silent', pretty: false });
  return assembleRuntime({ ...config, providersFile }, openPostgres(databaseUrl, { max }), { log });
}
