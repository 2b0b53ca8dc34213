import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { describe, expect, test } from 'vitest';
import { type Db, rowsOf } from '#lib/db/database';
import { isMigrated, migrateEmbedded, migrateServer } from '#lib/db/migrate';
import { openPostgres } from '#lib/db/open';
import { describeWithConnections, withDatabase } from '#tests/database';

async function empty(db: Db): Promise<void> {
  for (const schema of ['public', 'drizzle']) await db.execute(sql.raw(`drop schema if exists ${schema} cascade`));
  await db.execute(sql`create schema public`);
}

const known = async (db: Db, name: string) =>
  rowsOf<{ there: boolean }>(await db.execute(sql`select to_regclass(${name}) is not null as there`))[0]?.there;

const partitions = async (db: Db) =>
  rowsOf(await db.execute(sql`select 1 from pg_inherits where inhparent = 'public.ledger'::regclass`)).length;

describeWithConnections('F-26 a migration whose connection is cut', () => {
  test('leaves nothing behind, and is made anew at the next start', async () => {
    await withDatabase(async ({ db, url = '' }) => {
      const whole = await partitions(db);
      await empty(db);
      const cut = (tx: Db) => tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`).then(() => {});
      await expect(migrateServer(url, { after: cut })).rejects.toThrow();
      expect(await known(db, 'public.ledger')).toBe(false);
      expect(await isMigrated(db)).toBe(false);
      expect(await migrateServer(url)).toBe(
        readMigrationFiles({ migrationsFolder: join(process.cwd(), 'drizzle') }).length,
      );
      expect([await isMigrated(db), await partitions(db)]).toEqual([true, whole]);
      expect(await migrateServer(url)).toBe(0);
    });
  });
});

test('F-26 a migration that fails in the middle leaves nothing behind either', async () => {
  await withDatabase(async (database) => {
    const { db, url } = database;
    const migrate = () => (url ? migrateServer(url) : migrateEmbedded(database));
    await empty(db);
    await db.execute(sql`create extension if not exists pg_trgm`);
    // One of the last statements finds its table there already.
    await db.execute(sql`create table jobs (name text)`);
    await expect(migrate()).rejects.toThrow();
    expect(await known(db, 'public.ledger')).toBe(false);
    await db.execute(sql`drop table jobs`);
    expect(await migrate()).toBeGreaterThan(0);
    expect(await isMigrated(db)).toBe(true);
  });
});

describe('F-12 the schema of the library that woke the jobs before', () => {
  const statement = readMigrationFiles({ migrationsFolder: join(process.cwd(), 'drizzle') })
    .flatMap((migration) => migration.sql)
    .find((text) => text.includes('DROP SCHEMA pgboss'));
  const drop = (db: Db) => db.transaction((tx) => tx.execute(sql.raw(statement ?? '')));

  test('is dropped where it is, and missed by nobody where it is not', async () => {
    await withDatabase(async ({ db }) => {
      expect(await known(db, 'pgboss.version')).toBe(false);
      await drop(db);
      await db.execute(sql`create schema pgboss`);
      await db.execute(sql`create table pgboss.version (version int)`);
      await drop(db);
      expect(await known(db, 'pgboss.version')).toBe(false);
    });
  });

  test('is left alone where the role may not drop it, and one of somebody else’s is', async () => {
    await withDatabase(async ({ db }) => {
      await db.execute(sql`create schema pgboss`);
      await db.execute(sql`create table pgboss.other ()`);
      await drop(db);
      expect(await known(db, 'pgboss.other')).toBe(true);
      await db.execute(sql`create table pgboss.version (version int)`);
      const role = `nobody_${process.pid}_${Date.now()}`;
      await db.execute(sql.raw(`create role ${role}`));
      await db.execute(sql.raw(`grant usage on schema pgboss to ${role}`));
      await db.transaction(async (tx) => {
        await tx.execute(sql.raw(`set local role ${role}`));
        await tx.execute(sql.raw(statement ?? ''));
      });
      expect(await known(db, 'pgboss.version')).toBe(true);
      await db.execute(sql.raw(`drop owned by ${role}`));
      await db.execute(sql.raw(`drop role ${role}`));
    });
  });
});

describeWithConnections('F-12 a copy of the database without the rows of the jobs', () => {
  test('counts as migrated: they are made by the first run', async () => {
    await withDatabase(async ({ db, url = '' }) => {
      await db.execute(sql`delete from jobs`);
      const other = openPostgres(url, { max: 1 });
      expect(await isMigrated(other.db)).toBe(true);
      await other.close();
    });
  });
});
