import { type Config, ConfigError, getConfig } from '#lib/config/config';
import type { Runtime } from '#lib/context';
import { closeDataFolder, DataFolderOpen } from '#lib/db/close-data-folder';
import { type Database, isDatabaseUnavailable, isPoolersRefusal } from '#lib/db/database';
import { ExtensionMissing } from '#lib/db/extension';
import { createGrouped } from '#lib/db/grouped';
import { isMigrated, migrateEmbedded, migrateServer } from '#lib/db/migrate';
import { openEmbedded, openPostgres } from '#lib/db/open';
import { createUseNotes } from '#lib/db/use-notes';
import { newId } from '#lib/ids';
import type { LedgerRow } from '#lib/ledger/columns';
import { createRefusalFolder } from '#lib/ledger/fold-refusals';
import { writeRows } from '#lib/ledger/write-rows';
import { createLogger, getLogger } from '#lib/log';
import { createGuardedFetch } from '#lib/outbound/guarded-fetch';
import { forget, once } from '#lib/process-parts';
import { buildCatalog } from '#lib/providers/catalog';
import { createRoots } from '#lib/vault/create-roots';
import { createVault } from '#lib/vault/vault';

/** The database has another schema than this build, and this process's role may not change it. */
export class NotMigrated extends Error {
  override readonly name = 'NotMigrated';
  constructor(cause?: unknown) {
    super(
      'The database is not at this build’s schema, and DATABASE_URL’s role could not bring it there. Run `npm run -s grantkeep -- migrate` with MIGRATE_DATABASE_URL set to the owner’s role.',
      { cause },
    );
  }
}

const poolerUnsaid =
  'DATABASE_POOLER: what answers at DATABASE_URL refused the connection as a pooler does (SQLSTATE 08P01); set it to transaction where that is PgBouncer in transaction mode';

/** A migration that was cut off was undone as a whole, and is told of again here when it is made anew. */
function sayMigrated(applied: number): void {
  if (applied > 0) getLogger().info({ event: 'database_migrated', migrations: applied });
}

/** With a server the folder holds only what was last seen of it. One that cannot be made costs a warning later. */
function closeWitnessFolder(dataDir: string): void {
  try {
    closeDataFolder(dataDir);
  } catch (error) {
    if (error instanceof DataFolderOpen) throw error;
  }
}

async function openDatabase(config: Config): Promise<Database> {
  if (!config.databaseUrl) {
    const embedded = await openEmbedded(config.dataDir);
    try {
      sayMigrated(await migrateEmbedded(embedded));
    } catch (error) {
      await embedded.close();
      throw error;
    }
    return embedded;
  }
  closeWitnessFolder(config.dataDir);
  const pooler = config.databasePooler;
  const database = openPostgres(config.databaseUrl, { pooler });
  try {
    if (await isMigrated(database.db)) return database;
    if (config.migrateDatabaseUrl) throw new NotMigrated();
    const applied = await migrateServer(config.databaseUrl, {}, pooler).catch((cause: unknown) => {
      throw cause instanceof ExtensionMissing || isDatabaseUnavailable(cause) ? cause : new NotMigrated(cause);
    });
    sayMigrated(applied);
    return database;
  } catch (error) {
    await database.close();
    if (pooler === 'none' && isPoolersRefusal(error)) throw new ConfigError([poolerUnsaid]);
    throw error;
  }
}

const catalogOf = (config: Config) => buildCatalog({ builtin: config.builtinProviders, file: config.providersFile });

/** Assembles a process's parts over a configuration and an opened database. */
export function assembleRuntime(config: Config, database: Database, overrides: Partial<Runtime> = {}): Runtime {
  const guarded = createGuardedFetch({
    // Refreshes never wait for one another's connections, and leave some to people who are signing in.
    connectionsPerHost: config.refreshConcurrency + 16,
    ...(config.proxy ? { proxy: config.proxy } : {}),
  });
  return {
    config,
    database,
    providers: overrides.providers ?? catalogOf(config),
    vault: createVault(config.vaultKeys),
    keyRoots: createRoots(config, guarded),
    fetch: guarded,
    now: () => new Date(),
    log: getLogger(() => createLogger({ level: config.logLevel, pretty: config.mode === 'development' })),
    refusals: createRefusalFolder(),
    vends: createGrouped((rows: LedgerRow[]) => writeRows(database.hot, rows), { most: 256, triedAlone: false }),
    uses: createUseNotes(database.db),
    processId: newId('prc'),
    background: new Set(),
    ...overrides,
  };
}

/**
 * The process's runtime, made at the first call and shared by everything in the process, whichever bundle asks.
 * @throws ConfigError, DataFolderOpen, DataFolderInUse, NotMigrated, ExtensionMissing, or what the database says
 */
export function getRuntime(): Promise<Runtime> {
  return once('runtime', async () => {
    try {
      const config = getConfig();
      // Before the database is touched: it finds faults between entries.
      const providers = catalogOf(config);
      return assembleRuntime(config, await openDatabase(config), { providers });
    } catch (error) {
      // The next caller may try again: a database that was down at the first request need not stay so.
      forget('runtime');
      throw error;
    }
  });
}
