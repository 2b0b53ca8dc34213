import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

/**
 * Spreads the table of connections over partitions by a hash of the person, with every column, default, check and index
 * as it is, as the owner of a large installation would. Answers the partitions' names.
 */
export async function partitionByPerson(db: Db, partitions: number): Promise<string[]> {
  const names = Array.from({ length: partitions }, (_, n) => `connections_${n}`);
  const statements = [
    'alter table revocations drop constraint revocations_person_id_connection_id_connections_person_id_id_fk',
    'alter table connections rename to connections_whole',
    'create table connections (like connections_whole including all) partition by hash (person_id)',
    'alter table connections add foreign key (person_id) references people (id)',
    ...names.map(
      (name, n) =>
        `create table ${name} partition of connections for values with (modulus ${partitions}, remainder ${n})`,
    ),
    'insert into connections select * from connections_whole',
    'drop table connections_whole',
    `alter table revocations add foreign key (person_id, connection_id) references connections (person_id, id)
      on delete cascade`,
  ];
  await db.transaction(async (tx) => {
    for (const statement of statements) await tx.execute(sql.raw(statement));
  });
  return names;
}

/** The definitions of a table's indexes, without names. */
export async function indexesOf(db: Db, table: string): Promise<string[]> {
  const rows = rowsOf<{ definition: string }>(
    await db.execute(sql`select regexp_replace(pg_get_indexdef(indexrelid), ' INDEX .* USING', ' INDEX USING') as definition
      from pg_index where indrelid = ${table}::regclass order by 1`),
  );
  return rows.map(({ definition }) => definition);
}

/** The partition that holds a person's connections. */
export async function partitionOf(db: Db, connectionId: string): Promise<string> {
  const [row] = rowsOf<{ name: string }>(
    await db.execute(sql`select tableoid::regclass::text as name from connections where id = ${connectionId}`),
  );
  if (!row) throw new Error('no such connection');
  return row.name;
}
