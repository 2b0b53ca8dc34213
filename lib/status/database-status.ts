import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { type Database, rowsOf } from '#lib/db/database';
import { type MigrationState, migrationState } from '#lib/db/migration-state';
import { requireReader } from '#lib/guards/require';
import { type KeyServiceState, keyServiceState } from '#lib/vault-keys/data-keys';
import { countUnbound } from '#lib/vault-keys/reseal';
import { listMissingKeys, type MissingKey } from '#lib/vault-keys/vault-keys';

/** The database as the status page shows it. */
export interface DatabaseStatusView {
  engine: Database['engine'];
  /** Of the server or of the engine that is built in. */
  version: string;
  /** How long it took to answer a question that needs no table, in milliseconds. */
  answeredInMs: number;
  migrations: MigrationState;
  /** Rows with tokens that an earlier build sealed, not bound yet to where they may go. */
  unboundRows: number;
  /** Keys of the vault that a process lacked as it started. */
  missingKeys: MissingKey[];
  /** How this process stands with the service of its root key. */
  keyService: KeyServiceState;
}

/**
 * Whether the database answers, and whether its schema is this build's.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function readDatabaseStatus(ctx: Context): Promise<DatabaseStatusView> {
  requireReader(ctx);
  const { db, engine } = ctx.database;
  const askedAt = performance.now();
  const [row] = rowsOf<{ version: string }>(await db.execute(sql`select current_setting('server_version') as version`));
  const answeredInMs = performance.now() - askedAt;
  const [migrations, unboundRows, missingKeys] = await Promise.all([
    migrationState(db),
    countUnbound(db),
    listMissingKeys(db),
  ]);
  return {
    engine,
    version: row?.version ?? '',
    answeredInMs,
    migrations,
    unboundRows,
    missingKeys,
    keyService: keyServiceState(ctx),
  };
}
