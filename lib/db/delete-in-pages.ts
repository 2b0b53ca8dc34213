import { type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { type Db, rowsOf } from '#lib/db/database';

/** Rows of one statement: the embedded database has one connection, and who wants it must hardly notice. */
const pageRows = 250;
/** Milliseconds. The next minute deletes the rest. */
const budgetMs = 10_000;

/**
 * Deletes the rows of a table that a condition finds, in short statements of their own. The condition should go by an
 * index. A row that another transaction changes meanwhile is left to the next call. Not for partitioned tables.
 */
export async function deleteInPages(db: Db, table: PgTable, where: SQL | undefined): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const page = sql`select ctid from ${table} where ${where} limit ${pageRows}`;
    const deleted = await db.execute(sql`delete from ${table} where ctid = any(array(${page})) returning 1 as deleted`);
    if (rowsOf(deleted).length < pageRows || performance.now() - begun > budgetMs) return;
  }
}
