import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

/** Tables that the serving role may read and append to, and never change. */
const appendOnly = new Set(['ledger', 'ledger_seals', 'ledger_locators']);

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

interface Table {
  schema: string;
  name: string;
}

/** Tables of a schema that are no partition: access through a partitioned table asks for no right on its partitions. */
async function tablesOf(db: Db, schemas: readonly string[]): Promise<Table[]> {
  const list = sql.join(
    schemas.map((schema) => sql`${schema}`),
    sql`, `,
  );
  return rowsOf<Table & Record<string, unknown>>(
    await db.execute(sql`
      select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname in (${list}) and (n.nspname <> 'public' or not c.relispartition)
      order by 1, 2`),
  );
}

/**
 * Gives the role that serves requests what it needs and no more: rows of every table, but of the ledger and its seals only
 * to read and to append, and no table may be made, changed or emptied. To be run by the owner after each migration.
 * @param role the user of DATABASE_URL
 */
export async function grantToServingRole(db: Db, role: string): Promise<void> {
  const to = quoted(role);
  const statements = [`grant usage on schema public, drizzle to ${to}`, `revoke create on schema public from public`];
  for (const { schema, name } of await tablesOf(db, ['public', 'drizzle'])) {
    const table = `${quoted(schema)}.${quoted(name)}`;
    const rights =
      schema === 'drizzle'
        ? 'select'
        : schema === 'public' && appendOnly.has(name)
          ? 'select, insert'
          : 'select, insert, update, delete';
    statements.push(`revoke all on ${table} from ${to}`, `grant ${rights} on ${table} to ${to}`);
  }
  statements.push(`grant usage, select on all sequences in schema public to ${to}`);
  statements.push(`grant execute on all functions in schema public to ${to}`);
  await db.transaction(async (tx) => {
    for (const statement of statements) await tx.execute(sql.raw(statement));
  });
}
