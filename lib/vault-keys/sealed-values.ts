import { type AnyColumn, getTableName, type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { type Db, rowsOf } from '#lib/db/database';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { connections } from '#lib/db/schema/connections';
import { flowTraces } from '#lib/db/schema/flow-traces';
import { flows } from '#lib/db/schema/flows';
import { revocations } from '#lib/db/schema/revocations';
import { vaultKeys } from '#lib/db/schema/vault-keys';
import { webhookEndpoints } from '#lib/db/schema/webhooks';
import { isSealedBy } from '#lib/db/sealed-by';

interface SealedTable {
  table: PgTable;
  /** The primary key, by which the count goes on after a page. */
  key: readonly AnyColumn[];
  columns: readonly AnyColumn[];
}

/** Rows of one statement: few milliseconds of the embedded database, which answers nothing else meanwhile. */
const pageRows = 200;

/** Columns with values that stay until something takes their place. */
export const lastingValues: readonly SealedTable[] = [
  {
    table: connections,
    key: [connections.personId, connections.id],
    columns: [connections.accessToken, connections.refreshToken],
  },
  {
    table: revocations,
    key: [revocations.personId, revocations.connectionId, revocations.replacedGeneration],
    columns: [revocations.accessToken, revocations.refreshToken],
  },
  {
    table: webhookEndpoints,
    key: [webhookEndpoints.id],
    columns: [webhookEndpoints.secret, webhookEndpoints.previousSecret],
  },
];

/** Columns with values that the hub deletes by itself, within minutes and within an hour. */
export const passingValues: readonly SealedTable[] = [
  { table: flows, key: [flows.id], columns: [flows.sealed, flows.outcome] },
  { table: connectSessions, key: [connectSessions.id], columns: [connectSessions.heldGrant] },
  { table: flowTraces, key: [flowTraces.id], columns: [flowTraces.sealed] },
];

/** Stands for every key that the hub does not know, and for values that are broken. */
export const unknownKey = '';

/** Values by key id, and of each by `table.column`. Columns without one are absent. */
export type ValueCounts = Map<string, Record<string, number>>;

/** `table.column` as the database has them, and as a value's protected header names its place. */
const nameOf = (table: PgTable, column: AnyColumn) =>
  `${getTableName(table)}.${column.name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;

/** What one page of a table holds, and the key of its last row; null behind the last page. */
type CountedPage = Record<string, number> & { last: (string | number)[] | null };

/**
 * One walk over a table, in pages of the order of its key. A row keeps its key while its values are sealed anew, so each is
 * counted once. A row that appears behind the walk was sealed by the key of that moment.
 */
async function countTable(db: Db, { table, key, columns }: SealedTable, kids: readonly string[], counts: ValueCounts) {
  const asked = columns.flatMap((column, c) => [
    sql`count(${column})::int as ${sql.raw(`c${c}`)}`,
    ...kids.map(
      (kid, k): SQL => sql`count(*) filter (where ${isSealedBy(column, kid)})::int as ${sql.raw(`c${c}k${k}`)}`,
    ),
  ]);
  const order = sql.join([...key], sql`, `);
  const backwards = sql.join(
    key.map((part) => sql`${part} desc`),
    sql`, `,
  );
  for (let last: CountedPage['last'] = []; last; ) {
    const values: SQL[] = last.map((part) => (typeof part === 'number' ? sql`${part}::int` : sql`${part}::text`));
    const after: SQL = values.length > 0 ? sql`where (${order}) > (${sql.join(values, sql`, `)})` : sql``;
    // The page has the table's own name, by which the columns are asked for.
    const [page]: CountedPage[] = rowsOf(
      await db.execute(sql`select ${sql.join(asked, sql`, `)}, (array_agg(jsonb_build_array(${order}) order by ${backwards}))[1] as last
        from (select * from ${table} ${after} order by ${order} limit ${pageRows}) ${sql.identifier(getTableName(table))}`),
    );
    columns.forEach((column, c) => {
      const name = nameOf(table, column);
      let unknown = page?.[`c${c}`] ?? 0;
      const note = (kid: string, more: number) => {
        const before = counts.get(kid);
        if (more > 0) counts.set(kid, { ...before, [name]: (before?.[name] ?? 0) + more });
      };
      kids.forEach((kid, k) => {
        const more = page?.[`c${c}k${k}`] ?? 0;
        unknown -= more;
        note(kid, more);
      });
      note(unknownKey, unknown);
    });
    last = page?.last ?? null;
  }
}

/**
 * How many stored values each key sealed, by table and column. Reads every row once. Connections come before revocations: a
 * replaced grant moves from the first to the second, and is counted in one of them at least.
 */
export async function countValues(db: Db, kids: readonly string[]): Promise<ValueCounts> {
  const counts: ValueCounts = new Map();
  for (const table of [...lastingValues, ...passingValues]) await countTable(db, table, kids, counts);
  return counts;
}

/** All values of one key's counts. */
export const sumOf = (counts: Readonly<Record<string, number>> | undefined): number =>
  Object.values(counts ?? {}).reduce((sum, one) => sum + one, 0);

/** Counts anew, and keeps the result for the pages. Answers the counts with the ids of all known keys. */
export async function keepCounts(db: Db, held: readonly string[]): Promise<ValueCounts> {
  const known = await db.select({ kid: vaultKeys.kid }).from(vaultKeys);
  const kids = [...new Set([...held, ...known.map(({ kid }) => kid)])];
  const counts = await countValues(db, kids);
  for (const kid of kids) {
    const rows = counts.get(kid) ?? {};
    const values = { rows, countedAt: sql`clock_timestamp()` };
    if (sumOf(rows) > 0)
      await db
        .insert(vaultKeys)
        .values({ kid, ...values })
        .onConflictDoUpdate({ target: vaultKeys.kid, set: values });
    else await db.update(vaultKeys).set(values).where(sql`${vaultKeys.kid} = ${kid}`);
  }
  return counts;
}
