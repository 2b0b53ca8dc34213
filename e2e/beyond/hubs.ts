import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '#lib/config/config';
import type { Runtime } from '#lib/context';
import type { Pooler } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { assembleRuntime } from '#lib/runtime';
import { appEnvironment, startApp } from '#scripts/demo-stack';
import { freePort } from '#scripts/postgres-server';
import { end } from '#scripts/processes';
import { plainRecord } from '#tests/hub';
import { startTokenServer, type TokenServer } from '#tests/servers/token-server';

/** One process of the hub. */
export interface Hub {
  url: string;
  port: number;
  child: ChildProcess;
  log(): string;
  /** Starts it again on its port once it has ended. */
  restart(): Promise<void>;
}

/** Several processes on one database, with a provider that knows refreshing. */
export interface Hubs {
  hubs: Hub[];
  provider: TokenServer;
  /** This test's own way to the database, past whatever stands before it. */
  runtimeAt(url: string): Runtime;
  close(): Promise<void>;
}

export interface HubsOptions {
  count: number;
  databaseUrl: string;
  pooler?: Pooler;
  environment?: Record<string, string>;
  /** Their PROVIDERS_FILE; one record of the provider that refreshes where nothing is said. */
  records?: Record<string, unknown>[];
}

/** Starts the processes, all at once: whichever comes first migrates. */
export async function startHubs({ count, databaseUrl, pooler, environment, records }: HubsOptions): Promise<Hubs> {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-hubs-'));
  const provider = await startTokenServer();
  writeFileSync(join(folder, 'providers.json'), JSON.stringify(records ?? [plainRecord(provider.issuer)]));
  const opened: Runtime[] = [];
  const hubs: Hub[] = [];
  const environmentOf = (port: number) =>
    appEnvironment({
      folder,
      port,
      development: false,
      environment: {
        DATABASE_URL: databaseUrl,
        DATABASE_POOLER: pooler ?? 'none',
        API_RATE_PER_MINUTE: '1000000',
        ...environment,
      },
    });
  const startOne = async (): Promise<void> => {
    const port = await freePort();
    const variables = { ...process.env, ...environmentOf(port) } as NodeJS.ProcessEnv;
    const logFile = join(folder, `hub-${port}.log`);
    const hub: Hub = {
      url: `http://127.0.0.1:${port}`,
      port,
      child: await startApp(variables, logFile),
      log: () => readFileSync(logFile, 'utf8'),
      restart: async () => {
        hub.child = await startApp(variables, logFile);
      },
    };
    hubs.push(hub);
  };
  const close = async () => {
    await Promise.all(hubs.map(({ child }) => end(child, 'SIGTERM', 20_000)));
    for (const { database } of opened) await database.close();
    await provider.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    mkdirSync(join(folder, 'data'), { recursive: true, mode: 0o700 });
    const started = await Promise.allSettled(Array.from({ length: count }, startOne));
    for (const one of started) if (one.status === 'rejected') throw one.reason;
  } catch (error) {
    await close();
    throw error;
  }
  return {
    hubs,
    provider,
    runtimeAt: (url) => {
      const runtime = assembleRuntime(parseConfig(environmentOf(0)), openPostgres(url));
      opened.push(runtime);
      return runtime;
    },
    close,
  };
}

/** Asks for a token as a service does. */
export function vend(url: string, key: string, id: string): Promise<Response> {
  return fetch(`${url}/api/v1/connections/${id}/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(60_000),
  });
}
