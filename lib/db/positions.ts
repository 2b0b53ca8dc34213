import { sql } from 'drizzle-orm';
import { type Database, type Db, rowsOf } from '#lib/db/database';

/**
 * Positions of the ledger. A row's position is the number of the transaction that wrote it, by `ledger_position`. Every
 * transaction below the oldest one that runs has ended, and none gets such a number any more: so the rows below it are
 * all there and no further one can come. Times and ids cannot say that of themselves: both are drawn before their row can
 * be seen, and by transactions that have no number yet.
 */

/** A transaction of this server that holds the ledger's position back. */
export interface Holder {
  /** The server's process; null for a prepared transaction, which has none. */
  pid: number | null;
  /** The role that it signed in as. */
  role: string;
}

interface Settled extends Record<string, unknown> {
  position: number;
  /** The oldest transaction that holds it back; null where none does. */
  holder: Holder | null;
}

/** Looks at most, where something holds the position back. */
const mostLooks = 3;

/**
 * True for a role that may add a row to the ledger or to a partition of it, by any role that it may become. One that may
 * make itself a member of others counts, too.
 */
const mayAppend = sql`exists (select 1 from pg_roles r where pg_has_role(known.role, r.oid, 'member')
    and (r.rolsuper or r.rolcreaterole or exists (select 1 from pg_partition_tree('public.ledger'::regclass) part
      where has_any_column_privilege(r.oid, part.relid, 'insert'))))`;

/**
 * The oldest transaction that runs and may yet add a row, as the last of these parts. Every role sees which process
 * holds a transaction's number (`pg_locks`), as which role it signed in, and in which database; a prepared one says so
 * itself. A transaction without a process has just ended, or is waited for.
 */
const oldestWriter = sql`running as materialized (
    select x::text::bigint as number from pg_snapshot_xip(pg_current_snapshot()) x),
  known as materialized (
    select l.transactionid::text::bigint as low, a.pid, a.usesysid as role, a.datid
      from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
    union all
    select p.transaction::text::bigint, null, u.oid, d.oid from pg_prepared_xacts p
      join pg_roles u on u.rolname = p.owner join pg_database d on d.datname = p.database),
  oldest as (
    select running.number, known.pid, coalesce(pg_get_userbyid(known.role), '') as role
    from running left join known on known.low = running.number & 4294967295
    where known.datid is null or (known.datid = (select oid from pg_database where datname = current_database())
      and (known.role is null or ${mayAppend}))
    order by running.number limit 1)`;

/**
 * The position below which every row of the ledger is to be seen, and stays as it is, and what holds it back. Behind the
 * present by as much as the oldest transaction lasts that may yet add a row; those of another database of the server, and
 * those of a role that may only read, are passed over: a reader could else keep all entries from being looked at and
 * sealed. One statement: who runs is asked after its snapshot was taken. One that ended between the two cannot be told
 * from a writer; a further look no longer meets it.
 */
export async function readSettled({ db, engine }: Pick<Database, 'db' | 'engine'>): Promise<Settled> {
  // The embedded database has one connection, so that nothing else runs.
  const statement =
    engine === 'pglite'
      ? sql`select ledger_position(pg_snapshot_xmin(pg_current_snapshot()))::float8 as position, null as holder`
      : sql`with ${oldestWriter}
        select ledger_position(coalesce((select number from oldest)::text::xid8, pg_snapshot_xmax(pg_current_snapshot())))::float8
          as position, (select jsonb_build_object('pid', pid, 'role', role) from oldest) as holder`;
  let settled: Settled = { position: 0, holder: null };
  for (let look = 0; look < mostLooks; look++) {
    const [row] = rowsOf<Settled>(await db.execute(statement));
    // A settled position stays so: the highest of them holds.
    if (row) settled = { position: Math.max(settled.position, row.position), holder: row.holder };
    if (!row?.holder) break;
  }
  return settled;
}

/** The position alone of `readSettled`. */
export async function settledPosition(database: Pick<Database, 'db' | 'engine'>): Promise<number> {
  return (await readSettled(database)).position;
}

interface Reached extends Record<string, unknown> {
  /** One past the highest position of the past. */
  reached: number;
  /** The next transaction's number and position. */
  number: number;
  position: number;
}

async function readReached(db: Db): Promise<Reached | undefined> {
  const [row] = rowsOf<Reached>(
    await db.execute(sql`
      with sealed as (select coalesce((select to_xid from ledger_seals order by n desc limit 1), 0) as upto)
      select greatest(sealed.upto, (select max(xid) + 1 from ledger where xid >= sealed.upto))::float8 as reached,
        pg_snapshot_xmax(pg_current_snapshot())::text::float8 as number,
        ledger_position(pg_snapshot_xmax(pg_current_snapshot()))::float8 as position
      from sealed`),
  );
  return row;
}

/**
 * False in a copy of the database on another server, where transactions have lower numbers than those of the copied
 * rows.
 */
export async function positionsRise(db: Db): Promise<boolean> {
  const known = await readReached(db);
  return known === undefined || known.position >= known.reached;
}

/** Lifts the positions above those of the past, where the database was copied to another server. For the owner. */
export async function ensurePositionsRise(db: Db): Promise<void> {
  const known = await readReached(db);
  if (!known || known.position >= known.reached) return;
  const lift = Math.ceil(known.reached - known.number) + 1;
  await db.execute(
    sql.raw(`create or replace function ledger_position("transaction" xid8) returns bigint language sql immutable
      parallel safe return "transaction"::text::bigint + ${lift}`),
  );
}
