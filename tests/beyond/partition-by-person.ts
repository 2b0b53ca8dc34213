import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

/** Statements that make anew what does not come along when a table is made like another. */
async function restOf(db: Db): Promise<{ drop: string[]; make: string[]; storage: string }> {
  const keys = rowsOf<{ of: string; name: string; definition: string }>(
    await db.execute(sql`select conrelid::regclass::text as of, conname as name, pg_get_constraintdef(oid) as definition
      from pg_constraint where contype = 'f' and 'connections'::regclass in (conrelid, confrelid)`),
  );
  const triggers = rowsOf<{ definition: string }>(
    await db.execute(sql`select pg_get_triggerdef(oid) as definition from pg_trigger
      where tgrelid = 'connections'::regclass and not tgisinternal`),
  );
  const [table] = rowsOf<{ options: string }>(
    await db.execute(sql`select coalesce('with (' || array_to_string(reloptions, ', ') || ')', '') as options
      from pg_class where oid = 'connections'::regclass`),
  );
  return {
    drop: keys
      .filter(({ of }) => of !== 'connections')
      .map(({ of, name }) => `alter table ${of} drop constraint ${name}`),
    make: [
      ...keys.map(({ of, name, definition }) => `alter table ${of} add constraint ${name} ${definition}`),
      ...triggers.map(({ definition }) => definition),
    ],
    storage: table?.options ?? '',
  };
}

/**
 * Spreads the table of connections over partitions by a hash of the person, with every column, default, check, index,
 * foreign key and trigger as it is, as the owner of a large installation would. Answers the partitions' names.
 */
export async function partitionByPerson(db: Db, partitions: number): Promise<string[]> {
  const names = Array.from({ length: partitions }, (_, n) => `connections_${n}`);
  const { drop, make, storage } = await restOf(db);
  const statements = [
    ...drop,
    'alter table connections rename to connections_whole',
    'create table connections (like connections_whole including all) partition by hash (person_id)',
    ...names.map(
      (name, n) =>
        `create table ${name} partition of connections for values with (modulus ${partitions}, remainder ${n}) ${storage}`,
    ),
    'insert into connections select * from connections_whole',
    'drop table connections_whole',
    ...make,
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
