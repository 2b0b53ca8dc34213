import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { type Database, type Db, rowsOf } from '#lib/db/database';
import { openPostgres, pgliteOptions, wrapPglite } from '#lib/db/open';
import { ONLY_WITH_CONNECTIONS } from '#tests/connections-tag';

declare module 'vitest' {
  interface ProvidedContext {
    /** Files of a migrated PGlite, as a tar file. */
    pgliteTemplate: string;
    /** Superuser's URL of the test server, and the name of a migrated database in it. */
    postgresServer: { url: string; template: string };
  }
}

/** A fresh, migrated database for one user alone. */
export interface TestDatabase extends Database {
  /** How other connections and other processes reach it; undefined for PGlite, which has one connection only. */
  url: string | undefined;
  /** The embedded instance, for what needs it itself; undefined on PostgreSQL. */
  pglite: PGlite | undefined;
}

/** The engine that this run of a `*.db.test.ts` file is for. */
export const engine: Database['engine'] = process.env.TEST_ENGINE === 'postgres' ? 'postgres' : 'pglite';

/** Makes a migrated database on this run's engine. `close` ends its connections and removes it. */
export function createDatabase(): Promise<TestDatabase> {
  return engine === 'postgres' ? createOnPostgres() : createInMemory();
}

/** Runs the body with a database of its own and removes it afterwards. */
export async function withDatabase<T>(body: (database: TestDatabase) => Promise<T>): Promise<T> {
  const database = await createDatabase();
  try {
    return await body(database);
  } finally {
    await database.close();
  }
}

/**
 * Gives the tests of a file or of one `describe` a database that they share. Call it at the top of the block; the
 * answer may be read from within tests and hooks only.
 */
export function sharedDatabase(): { readonly current: TestDatabase; readonly db: Db } {
  let made: TestDatabase | undefined;
  beforeAll(async () => {
    made = await createDatabase();
  });
  afterAll(async () => {
    await made?.close();
    made = undefined;
  });
  const current = () => {
    if (!made) throw new Error('The database exists within tests and hooks only.');
    return made;
  };
  return {
    get current() {
      return current();
    },
    get db() {
      return current().db;
    },
  };
}

/**
 * A `describe` for tests that need several connections to one database: it runs on PostgreSQL, and every run of the
 * suite lists it by name among the tests that PGlite cannot run.
 */
export function describeWithConnections(name: string, body: () => void): void {
  describe.runIf(engine === 'postgres')(`${ONLY_WITH_CONNECTIONS} ${name}`, body);
}

/** How many statements wait for a lock of others, in this database of the server. */
export async function lockWaiters(db: Db): Promise<number> {
  const waiting = sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return rowsOf(await db.execute(waiting)).length;
}

async function createOnPostgres(): Promise<TestDatabase> {
  const server = inject('postgresServer');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const administer = async (statement: string) => {
    const owner = openPostgres(server.url, { max: 1 });
    try {
      await owner.db.execute(sql.raw(statement));
    } finally {
      await owner.close();
    }
  };
  await administer(`create database "${name}" template "${server.template}"`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const opened = openPostgres(url.href);
  return {
    ...opened,
    url: url.href,
    pglite: undefined,
    close: async () => {
      await opened.close();
      await administer(`drop database if exists "${name}" with (force)`);
    },
  };
}

async function createInMemory(): Promise<TestDatabase> {
  const template = new Blob([readFileSync(inject('pgliteTemplate'))]);
  return { ...wrapPglite(await PGlite.create({ ...pgliteOptions, loadDataDir: template })), url: undefined };
}
