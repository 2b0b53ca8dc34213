import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator';
import { migrate as migratePglite } from 'drizzle-orm/pglite/migrator';
import { type Database, type Db, type Pooler, rowsOf } from '#lib/db/database';
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

/** Brings an embedded database to this build's schema. Its folder lock keeps others away. */
export async function migrateEmbedded(database: Database): Promise<void> {
  await migratePglite(database.db as unknown as Parameters<typeof migratePglite>[0], { migrationsFolder });
  await ensureLedgerPartitions(database.db, new Date());
  await ensurePositionsRise(database.db);
}

/** Owner's steps that are part of a migration, under its lock. */
export interface MigrationSteps {
  /** Needs the tables (grants). */
  after?: (db: Db) => Promise<void>;
}

/**
 * Brings a PostgreSQL database to this build's schema, one process at a time: the lock is held by a transaction, which
 * also holds behind a pooler. Who waits for it asks again and again, and keeps no connection meanwhile: a small pool
 * would be full of those who wait, and the one that migrates would get none.
 * @param url the owner's connection, which may create tables
 * @throws ExtensionMissing, or what the database says
 */
export async function migrateServer(url: string, steps: MigrationSteps = {}, pooler: Pooler = 'none'): Promise<void> {
  const holder = openPostgres(url, { max: 1, pooler, statementTimeoutMs: 0 });
  const worker = openPostgres(url, { max: 1, pooler, statementTimeoutMs: 0 });
  const migrateAlone = () =>
    holder.db.transaction(async (tx) => {
      const [lock] = rowsOf<{ taken: boolean }>(
        await tx.execute(sql`select pg_try_advisory_xact_lock(${migrationLock}) as taken`),
      );
      if (!lock?.taken) return false;
      await ensureTrigrams(worker.db);
      await migratePostgres(worker.db as unknown as Parameters<typeof migratePostgres>[0], { migrationsFolder });
      await ensureLedgerPartitions(worker.db, new Date());
      await ensurePositionsRise(worker.db);
      await steps.after?.(worker.db);
      return true;
    });
  try {
    while (!(await migrateAlone())) await sleep(randomInt(100, 301));
  } finally {
    await worker.close();
    await holder.close();
  }
}
