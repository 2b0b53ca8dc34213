import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { type Db, rowsOf } from '#lib/db/database';

/** How far the database's schema is, against what this build brings. */
export interface MigrationState {
  applied: number;
  known: number;
  /** `newer` while a newer build has been started beside this one. */
  state: 'current' | 'behind' | 'newer';
}

/** Compares the migrations that were applied with those of this build. Needs no more than SELECT. */
export async function migrationState(db: Db): Promise<MigrationState> {
  const known = readMigrationFiles({ migrationsFolder: join(process.cwd(), 'drizzle') }).length;
  const [row] = rowsOf<{ applied: string | number }>(
    await db.execute(sql`select count(*) as applied from drizzle.__drizzle_migrations`),
  );
  const applied = Number(row?.applied ?? 0);
  return { applied, known, state: applied === known ? 'current' : applied < known ? 'behind' : 'newer' };
}
