import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isMigrated } from '#lib/db/migrate';
import { openPostgres } from '#lib/db/open';
import { forget } from '#lib/process-parts';
import { getRuntime } from '#lib/runtime';
import { describeWithConnections, withDatabase } from '#tests/database';

/** What `server.ts` and Next find in a process of their own. */
function processWith(variables: Record<string, string>): void {
  for (const part of ['config', 'runtime', 'logger']) forget(part);
  const all = {
    NODE_ENV: 'production',
    APP_URL: 'http://localhost:3000',
    SESSION_PASSWORD: 'x'.repeat(32),
    VAULT_KEYS: `k:${Buffer.alloc(32).toString('base64')}`,
    DATABASE_URL: '',
    MIGRATE_DATABASE_URL: '',
    PROVIDERS_FILE: '',
    LOG_LEVEL: 'silent',
    ...variables,
  };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
}

afterEach(() => {
  for (const part of ['config', 'runtime', 'logger']) forget(part);
});

describe('on the embedded database', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'grantkeep-runtime-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('a process has one runtime, whoever asks and however often, over a migrated database', async () => {
    processWith({ DATA_DIR: folder });
    const [one, two] = await Promise.all([getRuntime(), getRuntime()]);
    expect(two).toBe(one);
    expect(one.database.engine).toBe('pglite');
    expect(await isMigrated(one.database.db)).toBe(true);
    await one.database.close();
  });
});

describeWithConnections('on a server', () => {
  /** Empties a database, so that it is as an operator's new one. */
  const empty = async (url: string) => {
    const owner = openPostgres(url, { max: 1 });
    for (const schema of ['public', 'drizzle', 'pgboss'])
      await owner.db.execute(sql.raw(`drop schema if exists ${schema} cascade`));
    await owner.db.execute(sql`create schema public`);
    await owner.close();
  };

  test('one role that may do both brings a new database to the schema', async () => {
    await withDatabase(async ({ db, url = '' }) => {
      await empty(url);
      processWith({ DATABASE_URL: url });
      const { database } = await getRuntime();
      await database.close();
      expect(await isMigrated(db)).toBe(true);
    });
  });

  test('with an owner’s role apart, a new database is not touched: it must be migrated first; then the same process can go on', async () => {
    await withDatabase(async ({ db, url = '' }) => {
      await empty(url);
      processWith({ DATABASE_URL: url, MIGRATE_DATABASE_URL: url });
      await expect(getRuntime()).rejects.toMatchObject({ name: 'NotMigrated' });
      expect(await isMigrated(db)).toBe(false);
      vi.stubEnv('MIGRATE_DATABASE_URL', '');
      forget('config');
      await (await getRuntime()).database.close();
      expect(await isMigrated(db)).toBe(true);
    });
  });

  test('a role that may make no tables says which command brings them', async () => {
    await withDatabase(async ({ db, url = '' }) => {
      await empty(url);
      const role = `serving_${randomBytes(4).toString('hex')}`;
      const password = randomBytes(12).toString('hex');
      await db.execute(sql.raw(`create role ${role} login password '${password}'`));
      const serving = new URL(url);
      Object.assign(serving, { username: role, password });
      processWith({ DATABASE_URL: serving.href });
      const error: unknown = await getRuntime().catch((thrown: unknown) => thrown);
      await db.execute(sql.raw(`drop owned by ${role}`));
      await db.execute(sql.raw(`drop role ${role}`));
      expect(error).toMatchObject({ name: 'NotMigrated', message: expect.stringContaining('grantkeep -- migrate') });
      expect(String(error)).not.toContain(password);
    });
  });
});
