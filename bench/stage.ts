import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { parseConfig } from '#lib/config/config';
import type { Runtime } from '#lib/context';
import { migrateServer } from '#lib/db/migrate';
import { openPostgres } from '#lib/db/open';
import { createLogger } from '#lib/log';
import { assembleRuntime } from '#lib/runtime';
import { demoSecrets } from '#scripts/demo-secrets';
import { findPostgres, type PostgresServer, startPostgres } from '#scripts/postgres-server';
import { canInstallPackages, installPackages } from '#scripts/system-packages';

/** Durable, as in service: an answer that leaves after its commit has waited for the disk. */
const postgresSettings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  autovacuum: 'on',
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  min_wal_size: '4GB',
  max_connections: '300',
};

/** Segments of the write-ahead log, 16 MB each, that a server with these settings has in service, to use them again. */
const segments = 256;

/**
 * Lets the server have written a log before: one in service takes a used segment for the next, while a new server fills
 * each anew with zeros, and all who commit wait meanwhile. All are kept until the last is there: a server with idle
 * checkpoints would use the first ones again after half of them, and have no more.
 */
async function ageLog(url: string): Promise<void> {
  const owner = openPostgres(url, { max: 1 });
  const keep = async (size: string) => {
    await owner.db.execute(sql.raw(`alter system set wal_keep_size = '${size}'`));
    await owner.db.execute(sql`select pg_reload_conf()`);
    // The server's other processes read it when they get to it.
    await sleep(500);
  };
  try {
    await keep('64GB');
    for (let n = 0; n < segments; n++)
      await owner.db.execute(sql`select pg_logical_emit_message(false, '', ''), pg_switch_wal()`);
    await keep('0');
    await owner.db.execute(sql`checkpoint`);
  } finally {
    await owner.close();
  }
}

/** One database of a benchmark, migrated as the product does it, and this process's own way into it. */
export interface BenchDatabase {
  url: string;
  runtime: Runtime;
  /** The variables that make a process a hub on this database; each process adds its port. */
  environment: Record<string, string>;
}

/** What a benchmark runs on: a folder and, from its first database on, a PostgreSQL server; both gone at the end. */
export interface Stage {
  folder: string;
  /** Makes a database and answers its URL. */
  createEmptyDatabase(name: string): Promise<string>;
  /** @param records providers as in PROVIDERS_FILE */
  createDatabase(name: string, records: readonly Record<string, unknown>[]): Promise<BenchDatabase>;
  /** Something to end with the stage; the newest ends first. */
  onClose(end: () => unknown): void;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  if (!findPostgres() && !(canInstallPackages() && (await installPackages('postgresql')))) {
    throw new Error('PostgreSQL was not found and could not be installed. Install it.');
  }
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-bench-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const ends: (() => unknown)[] = [removeFolder];
  let server: Promise<PostgresServer> | undefined;
  const startServer = async () => {
    const started = await startPostgres(postgresSettings);
    ends.push(() => started.stop());
    await ageLog(started.url);
    return started;
  };
  const stage: Stage = {
    folder,
    createEmptyDatabase: async (name) => {
      server ??= startServer();
      const { url: serverUrl } = await server;
      const owner = openPostgres(serverUrl, { max: 1 });
      await owner.db.execute(sql.raw(`create database "${name}"`)).finally(() => owner.close());
      const url = new URL(serverUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    createDatabase: async (name, records) => {
      const url = await stage.createEmptyDatabase(name);
      await migrateServer(url);
      const environment = hubEnvironment(join(folder, name), url, records);
      const runtime = assembleRuntime(parseConfig(environment), openPostgres(url, { max: 1 }), {
        log: createLogger({ level: 'silent', pretty: false }),
      });
      stage.onClose(() => runtime.database.close());
      return { url, runtime, environment };
    },
    onClose: (end) => void ends.push(end),
    close: async () => {
      for (const end of ends.splice(0).toReversed()) await end();
      process.removeListener('exit', removeFolder);
    },
  };
  return stage;
}

/** The variables of a hub in this folder, which is made; each process adds its port. */
export function hubEnvironment(folder: string, url: string, records: readonly Record<string, unknown>[]) {
  mkdirSync(folder, { mode: 0o700 });
  const providersFile = join(folder, 'providers.json');
  writeFileSync(providersFile, JSON.stringify(records), { mode: 0o600 });
  return {
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    APP_URL: 'http://localhost:3000',
    HOST: '127.0.0.1',
    DATA_DIR: join(folder, 'data'),
    DATABASE_URL: url,
    PROVIDERS_FILE: providersFile,
    // Every call is counted, as in service, but the callers' one key never uses its calls up.
    API_RATE_PER_MINUTE: String(1e9),
    ...demoSecrets(folder),
  };
}
