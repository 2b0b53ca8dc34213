import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { type Database, type Db, type Pooler, rowsOf, withTransaction } from '#lib/db/database';
import { ensureTrigrams } from '#lib/db/extension';
import { openPostgres } from '#lib/db/open';
import { ensureLedgerPartitions } from '#lib/db/partitions';
import { ensurePositionsRise, positionsRise } from '#lib/db/positions';

const migrationsFolder = join(process.cwd(), 'drizzle');
/** Any constant will do, as long as every process of this product takes the same. */
const migrationLock = 4_730_116_225;

/**
 * True when every migration of this build has been applied, and the ledger's positions rise. Needs no more than SELECT.
 */
export async function isMigrated(db: Db): Promise<boolean> {
  const known = rowsOf<{ table: string | null }>(
    await db.execute(sql`select to_regclass('drizzle.__drizzle_migrations')::text as "table"`),
  );
  if (!known[0]?.table) return false;
  const last = readMigrationFiles({ migrationsFolder }).at(-1)?.folderMillis ?? 0;
  const applied = rowsOf<{ last: string | number | null }>(
    await db.execute(sql`select max(created_at) as last from drizzle.__drizzle_migrations`),
  );
  return Number(applied[0]?.last ?? 0) >= last && (await positionsRise(db));
}

/**
 * Applies what this build has and the database has not, and answers how many migrations that were. Drizzle's own
 * migrator commits by itself; here a migration and what belongs to it are one transaction: a process that is killed
 * leaves the database as it was, and the next start begins anew.
 */
async function applyMigrations(tx: Db): Promise<number> {
  await tx.execute(sql`create schema if not exists drizzle`);
  // drizzle-kit knows this table and these columns.
  await tx.execute(sql`create table if not exists drizzle.__drizzle_migrations
    (id serial primary key, hash text not null, created_at bigint)`);
  const [last] = rowsOf<{ at: string | number | null }>(
    await tx.execute(sql`select max(created_at) as at from drizzle.__drizzle_migrations`),
  );
  const applied = last?.at ?? null;
  const missing = readMigrationFiles({ migrationsFolder }).filter(
    ({ folderMillis }) => applied === null || folderMillis > Number(applied),
  );
  for (const { sql: statements, hash, folderMillis } of missing) {
    for (const statement of statements) await tx.execute(sql.raw(statement));
    await tx.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis}::bigint)`,
    );
  }
  return missing.length;
}

/** Everything that makes the schema whole, in one transaction. Answers how many migrations were applied. */
function migrateWhole(db: Db, after?: (tx: Db) => Promise<void>): Promise<number> {
  return withTransaction(db, async (tx) => {
    const applied = await applyMigrations(tx);
    await ensureLedgerPartitions(tx, new Date());
    await ensurePositionsRise(tx);
    await after?.(tx);
    return applied;
  });
}

/**
 * Brings an embedded database to this build's schema. Its folder lock keeps others away. Answers how many migrations
 * were applied.
 */
export function migrateEmbedded(database: Database): Promise<number> {
  return migrateWhole(database.db);
}

/** Owner's steps that are part of a migration, under its lock. */
export interface MigrationSteps {
  /** Needs the tables (grants). */
  after?: (db: Db) => Promise<void>;
}

/**
 * Brings a PostgreSQL database to this build's schema, one process at a time: the lock is held by a transaction, which
 * also holds behind a pooler. A process that waits for it asks again and again, and keeps no connection meanwhile: the
 * waiting ones would fill a small pool, and the one that migrates would get none. Answers how many migrations were
 * applied.
 * @param url the owner's connection, which may create tables
 * @throws ExtensionMissing, or what the database says
 */
export async function migrateServer(url: string, steps: MigrationSteps = {}, pooler: Pooler = 'none'): Promise<number> {
  const holder = openPostgres(url, { max: 1, pooler, statementTimeoutMs: 0 });
  const worker = openPostgres(url, { max: 1, pooler, statementTimeoutMs: 0 });
  const migrateAlone = () =>
    holder.db.transaction(async (tx) => {
      const [lock] = rowsOf<{ taken: boolean }>(
        await tx.execute(sql`select pg_try_advisory_xact_lock(${migrationLock}) as taken`),
      );
      if (!lock?.taken) return undefined;
      await ensureTrigrams(worker.db);
      return migrateWhole(worker.db, steps.after);
    });
  try {
    for (;;) {
      const applied = await migrateAlone();
      if (applied !== undefined) return applied;
      await sleep(randomInt(100, 301));
    }
  } finally {
    await worker.close();
    await holder.close();
  }
}
