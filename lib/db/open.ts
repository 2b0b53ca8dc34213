import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { closeDataFolder } from '#lib/db/close-data-folder';
import { lockDataFolder } from '#lib/db/data-folder-lock';
import type { Database, Db, Pooler } from '#lib/db/database';
import { trackSockets } from '#lib/db/deaf-connections';
import { giveTurns } from '#lib/db/embedded-turns';
import { openGeneralPool } from '#lib/db/general-pool';
import { openHotPath } from '#lib/db/hot-path';
import * as schema from '#lib/db/schema/index';
import { operationOf, traced } from '#lib/telemetry/span';

const options = { schema, casing: 'snake_case' } as const;

/** How a server's database is opened. */
export interface OpenOptions {
  /** Connections at most, beside those of the hot path. */
  max?: number;
  /** Default `none`. */
  pooler?: Pooler;
  /** Default 30,000; 0: statements may take as long as they do. */
  statementTimeoutMs?: number;
}

const closeMs = 5_000;

/** Opens PostgreSQL, or what speaks its protocol. Connects at the first query. */
export function openPostgres(url: string, given: OpenOptions = {}): Database {
  const { max = 8, pooler = 'none', statementTimeoutMs = 30_000 } = given;
  const sockets = trackSockets();
  const { pool, deafness } = openGeneralPool(url, { max, pooler, statementTimeoutMs, sockets });
  const hot = openHotPath(url, { pooler, sockets, deafness });
  return {
    db: drizzlePostgres(pool, options) as unknown as Db,
    hot,
    engine: 'postgres',
    close: async () => {
      // A statement that hangs must not keep the process from ending.
      await Promise.all([Promise.race([pool.end(), sleep(closeMs, undefined, { ref: false })]), hot.close()]);
    },
  };
}

/** The embedded database together with its PGlite instance. */
export interface EmbeddedDatabase extends Database {
  pglite: PGlite;
}

/** What any PGlite with this schema must be opened with: its own extensions are files beside it. */
export const pgliteOptions = { extensions: { pg_trgm } } satisfies PGliteOptions;

/** A span for each statement outside of transactions, which run in one piece here. */
function traceQueries(pglite: PGlite): void {
  const query = pglite.query.bind(pglite);
  pglite.query = ((text: string, ...given: []) =>
    traced(
      'database',
      () => ({ 'db.system.name': 'pglite', 'db.operation.name': operationOf(text) }),
      () => query(text, ...given),
    )) as typeof pglite.query;
}

/** Wraps a PGlite that was opened with `pgliteOptions` (tests open one in memory). */
export function wrapPglite(pglite: PGlite, afterClose: () => void = () => {}): EmbeddedDatabase {
  giveTurns(pglite);
  traceQueries(pglite);
  return {
    db: drizzlePglite(pglite, options) as unknown as Db,
    hot: {
      read: async <Row>(text: string, parameters: readonly (string | null)[]) =>
        (await pglite.query<Row>(text, [...parameters])).rows,
      write: async (text, parameters) => void (await pglite.query(text, [...parameters])),
    },
    engine: 'pglite',
    pglite,
    close: async () => {
      await pglite.close();
      afterClose();
    },
  };
}

/**
 * Opens the embedded database in the data folder, which is made with mode 0700 where it is missing.
 * @throws DataFolderOpen when others could reach into it
 * @throws DataFolderInUse when another process has it: two processes on one folder lose rows silently
 */
export async function openEmbedded(dataDir: string): Promise<EmbeddedDatabase> {
  closeDataFolder(dataDir);
  const release = lockDataFolder(dataDir);
  try {
    // PGlite lets everybody write its files.
    const files = join(dataDir, 'pg');
    mkdirSync(files, { recursive: true, mode: 0o700 });
    chmodSync(files, 0o700);
    return wrapPglite(await PGlite.create({ ...pgliteOptions, dataDir: files }), release);
  } catch (error) {
    release();
    throw error;
  }
}
