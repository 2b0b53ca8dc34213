import { type SQL, sql } from 'drizzle-orm';
import { expect, type SecondProcess } from './governed.ts';

/** So many of everything: more than a page, a browser or a process should take in at once. */
export const many = 5_000;

interface Copied {
  table: string;
  /** Which row is copied. */
  of: SQL;
  /** What differs from copy to copy, by column; `n` counts the copies. */
  differing: Record<string, SQL>;
}

const withNumber = (column: string) => sql.raw(`r.${column} || '_' || n`);
const earlier = (column: string) => sql.raw(`r.${column} - make_interval(secs => n)`);

/** The rows of each list, by the row of a world that is copied. */
export const lists = (
  world: Record<'person' | 'revocable' | 'key' | 'application' | 'alert' | 'delivery', string>,
): Copied[] => [
  {
    table: 'people',
    of: sql`id = ${world.person}`,
    differing: { id: withNumber('id'), subject: withNumber('subject'), created_at: earlier('created_at') },
  },
  {
    table: 'sessions',
    of: sql`person_id = ${world.person}`,
    differing: { id_hash: withNumber('id_hash'), public_id: withNumber('public_id') },
  },
  {
    table: 'connections',
    of: sql`id = ${world.revocable}`,
    differing: {
      // Its last characters are its own; what stands before them names the person.
      id: sql.raw(`left(r.id, -8) || lpad(n::text, 8, '0')`),
      subject: withNumber('subject'),
      created_at: earlier('created_at'),
      // The newest ones wait for their person.
      status: sql.raw(`case when n <= 150 then 'needs_reconnect' else r.status end`),
    },
  },
  {
    table: 'revocations',
    of: sql`replaced_generation = -1 and let_go_at is null`,
    differing: { connection_id: withNumber('connection_id') },
  },
  {
    table: 'applications',
    of: sql`id = ${world.application}`,
    differing: { id: withNumber('id'), created_at: earlier('created_at') },
  },
  {
    table: 'api_keys',
    of: sql`id = ${world.key}`,
    differing: { id: withNumber('id'), key_hash: withNumber('key_hash'), created_at: earlier('created_at') },
  },
  {
    table: 'freezes',
    of: sql`target = ${world.key} and lifted_at is null`,
    differing: { id: withNumber('id'), target: withNumber('target'), created_at: earlier('created_at') },
  },
  {
    table: 'freezes',
    of: sql`target = ${world.key} and lifted_at is null`,
    differing: {
      id: sql`r.id || '_l_' || n`,
      created_at: earlier('created_at'),
      lifted_at: sql`r.created_at`,
      lifted_by: sql`r.created_by`,
      lift_reason: sql`'it was over'`,
    },
  },
  {
    table: 'alerts',
    of: sql`id = ${world.alert}`,
    differing: { id: withNumber('id'), subject: withNumber('subject'), opened_at: earlier('opened_at') },
  },
  { table: 'alert_events', of: sql`alert_id = ${world.alert}`, differing: { at: earlier('at') } },
  {
    table: 'webhook_messages',
    of: sql`id = (select message_id from webhook_deliveries where id = ${world.delivery}::bigint)`,
    differing: { id: withNumber('id') },
  },
  {
    table: 'webhook_deliveries',
    of: sql`id = ${world.delivery}::bigint`,
    differing: { message_id: withNumber('message_id') },
  },
  { table: 'webhook_attempts', of: sql`delivery_id = ${world.delivery}::bigint`, differing: { at: earlier('at') } },
  {
    table: 'bulk_revocations',
    of: sql`true`,
    differing: { id: withNumber('id'), created_at: earlier('created_at') },
  },
  {
    table: 'bulk_revocation_rows',
    of: sql`bulk_id not like '%\\_%\\_%'`,
    differing: { connection_id: sql.raw(`left(r.connection_id, -8) || lpad(n::text, 8, '0')`) },
  },
  {
    table: 'ledger',
    of: sql`connection_id is not null`,
    differing: {
      at: sql.raw(`r.at - make_interval(secs => n / 1000.0)`),
      xid: sql`ledger_position(pg_current_xact_id())`,
    },
  },
  { table: 'processes', of: sql`true`, differing: { id: withNumber('id'), started_at: earlier('started_at') } },
  {
    table: 'processes',
    of: sql`id not like '%\\_%\\_%'`,
    differing: { id: sql`r.id || '_g_' || n`, last_seen_at: sql.raw(`r.last_seen_at - interval '10 minutes'`) },
  },
];

/** Copies a row of a table `many` times, in the columns that the database does not fill itself. */
export async function copy(second: SecondProcess, { table, of, differing }: Copied): Promise<void> {
  const columns = await second.rows<{ name: string }>(sql`
    select attname as name from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''`);
  const values = columns.map(({ name }) => differing[name] ?? sql.raw(`r."${name}"`));
  const into = sql.raw(`"${table}" (${columns.map(({ name }) => `"${name}"`).join(', ')})`);
  const copies = await second.rows(sql`insert into ${into}
    select ${sql.join(values, sql`, `)}
    from (select * from ${sql.raw(`"${table}"`)} where ${of} limit 1) r, generate_series(1, ${many}::int) n
    returning 1`);
  expect(copies, table).toHaveLength(many);
}
