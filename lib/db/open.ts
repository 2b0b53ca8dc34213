import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { lockDataFolder } from '#lib/db/data-folder-lock';
import type { Database, Db } from '#lib/db/database';
import * as schema from '#lib/db/schema/index';

const options = { schema, casing: 'snake_case' } as const;

/** Opens PostgreSQL, or what speaks its protocol, through a pool. Connects at the first query. */
export function openPostgres(url: string, pool: { max?: number } = {}): Database {
  const connect = (max: number) =>
    postgres(url, {
      max,
      connect_timeout: 5,
      idle_timeout: 60,
      connection: { application_name: 'grantkeep', statement_timeout: 30_000 },
      onnotice: () => {},
    });
  const client = connect(pool.max ?? 8);
  // One connection each: postgres.js pipelines, and one pipelined connection serves small statements faster than ten.
  const reading = connect(1);
  const writing = connect(1);
  return {
    db: drizzlePostgres(client, options) as unknown as Db,
    hot: {
      read: async <Row>(text: string, parameters: readonly (string | null)[]) =>
        (await reading.unsafe(text, [...parameters], { prepare: true })) as unknown as Row[],
      write: async (text, parameters) => void (await writing.unsafe(text, [...parameters], { prepare: true })),
    },
    engine: 'postgres',
    close: async () => {
      await Promise.all([client, reading, writing].map((each) => each.end({ timeout: 5 })));
    },
  };
}

/** The embedded database together with the PGlite instance that pg-boss needs. */
export interface EmbeddedDatabase extends Database {
  pglite: PGlite;
}

/** Wraps an opened PGlite (tests open one in memory). */
export function wrapPglite(pglite: PGlite, afterClose: () => void = () => {}): EmbeddedDatabase {
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
 * @throws DataFolderInUse when another process has it: two processes on one folder lose rows silently
 */
export async function openEmbedded(dataDir: string): Promise<EmbeddedDatabase> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const release = lockDataFolder(dataDir);
  try {
    // PGlite lets everybody write its files, and a data folder that was there already may be open to others.
    const files = join(dataDir, 'pg');
    mkdirSync(files, { recursive: true, mode: 0o700 });
    chmodSync(files, 0o700);
    return wrapPglite(await PGlite.create({ dataDir: files }), release);
  } catch (error) {
    release();
    throw error;
  }
}
