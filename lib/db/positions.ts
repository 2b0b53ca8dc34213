import { sql } from 'drizzle-orm';
import { type Database, type Db, rowsOf } from '#lib/db/database';

/**
 * Positions of the ledger. A row's position is the number of the transaction that wrote it, by `ledger_position`. Every
 * transaction below the oldest one that runs has ended, and none gets such a number any more: so the rows below it are
 * all there and no further one can come. Times and ids cannot say that of themselves: both are drawn before their row can
 * be seen, and by transactions that have no number yet.
 */

interface Settled extends Record<string, unknown> {
  position: number;
  /** Something runs that holds it back. */
  held: boolean;
}

/** Looks at most, where something holds the position back. */
const mostLooks = 3;

/**
 * The position below which every row of the ledger is to be seen, and stays as it is. Behind the present by as much as
 * the oldest transaction lasts that writes in this database; those that are seen to be of another database of the server
 * are passed over, since a transaction never moves. One statement: who runs is asked after its snapshot was taken. One of
 * another database that ended between the two cannot be told from ours; a further look no longer meets it.
 */
export async function settledPosition({ db, engine }: Pick<Database, 'db' | 'engine'>): Promise<number> {
  // The embedded database has one connection, so that nothing else runs.
  const statement =
    engine === 'pglite'
      ? sql`select ledger_position(pg_snapshot_xmin(pg_current_snapshot()))::float8 as position, false as held`
      : sql`
      select ledger_position(coalesce(min(running::text::bigint)::text::xid8, pg_snapshot_xmax(pg_current_snapshot())))::float8
        as position, min(running::text::bigint) is not null as held
      from pg_snapshot_xip(pg_current_snapshot()) as running
      where not exists (select 1 from pg_stat_activity a
        where a.datname <> current_database() and a.backend_xid::text::bigint = (running::text::bigint & 4294967295))`;
  let settled = 0;
  for (let look = 0; look < mostLooks; look++) {
    const [row] = rowsOf<Settled>(await db.execute(statement));
    // What has settled stays so: the highest of them holds.
    settled = Math.max(settled, row?.position ?? 0);
    if (!row?.held) break;
  }
  return settled;
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

/** False in a copy of the database on another server, whose transactions have lower numbers than those of the copied rows. */
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
