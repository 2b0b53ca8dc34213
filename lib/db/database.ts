import { type ExtractTablesWithRelations, sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type * as schema from '#lib/db/schema/index';

type Schema = typeof schema;

/** The same query interface over both engines; also what a transaction hands to its body. */
export type Db = PgDatabase<PgQueryResultHKT, Schema, ExtractTablesWithRelations<Schema>>;

/**
 * Statements of fixed text, prepared once a connection, on connections of their own: a vend must not wait behind a long
 * read. Moments come as Date, jsonb as values; arrays must be asked for as jsonb.
 */
export interface HotPath {
  read<Row>(text: string, parameters: readonly (string | null)[]): Promise<Row[]>;
  /** Resolves when it is committed. */
  write(text: string, parameters: readonly (string | null)[]): Promise<void>;
}

/**
 * The program between the processes and PostgreSQL: none that matters, or a pooler that lends its connections for one
 * transaction at a time, so that neither settings nor prepared statements of a connection outlast one.
 */
export type Pooler = 'none' | 'transaction';

/** An opened database. */
export interface Database {
  db: Db;
  hot: HotPath;
  engine: 'postgres' | 'pglite';
  close(): Promise<void>;
}

/**
 * Runs the body in one transaction. Never call a provider inside: on the embedded database an open transaction blocks
 * everything else, and using the outer `db` inside one waits for ever.
 */
export function withTransaction<T>(db: Db, body: (tx: Db) => Promise<T>): Promise<T> {
  return db.transaction((tx) => body(tx));
}

/**
 * Keeps the rest of the transaction to one processor of the database: work without a waiting caller must not take
 * several from callers who wait.
 */
export async function onOneProcessor(tx: Db): Promise<void> {
  await tx.execute(sql`set local max_parallel_workers_per_gather = 0`);
}

/**
 * The rows of a raw statement, as the engine reads them: moments are text on PostgreSQL and dates on PGlite (`dateOf`),
 * bigints are text on PostgreSQL and numbers on PGlite.
 */
export function rowsOf<T extends Record<string, unknown>>(result: unknown): T[] {
  return (result as { rows: T[] }).rows;
}

/** A moment in a row of a raw statement. */
export const dateOf = (moment: Date | string | null): Date | null => (moment === null ? null : new Date(moment));

const unavailable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  // A pooler's own: it has no server, or none to spare
  '08P01',
  // PostgreSQL's own: shutting down, starting up, too many clients, read-only after a failover (Appendix A)
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '25006',
  '08000',
  '08003',
  '08006',
]);

/** True when a pooler refused the connection or the statement (SQLSTATE 08P01, which no server says to a sound driver). */
export function isPoolersRefusal(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && at.code === '08P01') return true;
  }
  return false;
}

/** True when the database could not be reached or cannot take writes just now, as opposed to a faulty statement. */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && unavailable.has(at.code)) return true;
  }
  return false;
}

/** True when a unique index refused the row (SQLSTATE 23505). */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && at.code === '23505') {
      return constraint === undefined || (at as { constraint?: string }).constraint === constraint;
    }
  }
  return false;
}
