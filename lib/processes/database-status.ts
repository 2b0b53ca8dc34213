import { sql } from 'drizzle-orm';
import { requireReader } from '#lib/access/require';
import type { Context } from '#lib/context';
import { type Database, rowsOf } from '#lib/db/database';
import { type MigrationState, migrationState } from '#lib/db/migration-state';

/** The database as the status page shows it. */
export interface DatabaseStatusView {
  engine: Database['engine'];
  /** Of the server or of the engine that is built in. */
  version: string;
  /** How long it took to answer a question that needs no table, in milliseconds. */
  answeredInMs: number;
  migrations: MigrationState;
}

/**
 * That the database answers, and whether its schema is this build's.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function readDatabaseStatus(ctx: Context): Promise<DatabaseStatusView> {
  requireReader(ctx);
  const { db, engine } = ctx.database;
  const askedAt = performance.now();
  const [row] = rowsOf<{ version: string }>(await db.execute(sql`select current_setting('server_version') as version`));
  const answeredInMs = performance.now() - askedAt;
  return { engine, version: row?.version ?? '', answeredInMs, migrations: await migrationState(db) };
}
