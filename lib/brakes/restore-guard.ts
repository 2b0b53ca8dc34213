import { sql } from 'drizzle-orm';
import { markFile, readMarkFile } from '#lib/brakes/mark-file';
import { isBehind, keepWitness, readWitness, type Witness } from '#lib/brakes/witness';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';
import { freezes } from '#lib/db/schema/freezes';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';

/** Why a database is taken for one that came from a backup. */
export const restoreSigns = {
  loaded: 'its rows were loaded from a dump',
  moved: 'its files are a copy of those that were used last',
  behind: 'this process has seen a later state of it',
  recovered: 'the server went back to an earlier point in time',
} as const;
export type RestoreSign = keyof typeof restoreSigns;

/** A server that took over from another is marked again within minutes; one that was recovered had been still. */
const silence = sql`interval '10 minutes'`;

interface Found extends Record<string, unknown> {
  id: string;
  generation: number;
  /** Milliseconds since 1970, by the database's clock. */
  mark: number;
  file: string | null;
  loaded: boolean;
  recovered: boolean;
}

/** The server's timeline; null where it does not say, as with what only speaks PostgreSQL's protocol. */
async function timelineOf({ db, engine }: Runtime['database']): Promise<number | null> {
  if (engine === 'pglite') return null;
  try {
    const [row] = rowsOf<{ timeline: number }>(
      await db.execute(sql`select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int as timeline`),
    );
    return row?.timeline ?? null;
  } catch {
    return null;
  }
}

/** The row, locked, with what it shows by itself. A loaded row was written by another transaction than it says. */
async function readInstance(tx: Db, timeline: number | null): Promise<Found | undefined> {
  const [row] = rowsOf<Found>(
    await tx.execute(sql`select id, generation, extract(epoch from mark)::float8 * 1000 as mark, file,
        xmin::text::bigint <> written_by % 4294967296 as loaded,
        coalesce(${timeline}::int > timeline, false) and mark < clock_timestamp() - ${silence} as recovered
      from instance for update`),
  );
  return row;
}

function signOf(found: Found, file: string | null, witness: Witness | null): RestoreSign | null {
  if (found.loaded) return 'loaded';
  if (found.file !== null && found.file !== file) return 'moved';
  if (witness && isBehind(found, witness)) return 'behind';
  return found.recovered ? 'recovered' : null;
}

/** Pulls the brake over everything; where one stands already, it says from now on also why it must stay. */
async function pull(tx: Db, ctx: Context, why: string): Promise<void> {
  await tx.execute(sql`insert into freezes (id, scope, target, reason, created_by)
    values (${newId('frz')}, 'everything', '', ${why}, 'restore-guard')
    on conflict (scope, target) where lifted_at is null
    do update set reason = ${freezes.reason} || ' ' || excluded.reason`);
  await record(tx, ctx, { action: 'brake.frozen', details: { scope: 'everything', reason: why } });
}

const reasonFor = (sign: RestoreSign) =>
  `This database was restored from a backup: ${restoreSigns[sign]}. Refresh tokens in it may be spent, and showing a spent one ends the grant at providers that rotate.`;

/** What this process knows of the database that it works on. */
export interface Watched {
  witness: Witness;
}

/**
 * Looks whether the database is the one that was used last, and freezes everything where it came from a backup: before
 * the process serves or refreshes anything. What was noticed once is noted in the row, so that thawing is final. Marks
 * the database as used now, and keeps beside it what was seen.
 * @param before what this process saw the last time; without, what a process saw that used this data folder
 */
export async function watchInstance(runtime: Runtime, before?: Watched): Promise<Watched> {
  const { database, config, log } = runtime;
  const ctx = systemContext(runtime, 'restore-guard');
  const embedded = database.engine === 'pglite';
  const timeline = await timelineOf(database);
  const witness = await withTransaction(database.db, async (tx): Promise<Witness> => {
    const found = await readInstance(tx, timeline);
    const file = embedded ? ((await readMarkFile(config.dataDir)) ?? null) : null;
    const known = before?.witness ?? (found ? await readWitness(config.dataDir, found.id) : null);
    const seen = known && known.id === found?.id ? known : null;
    const sign = found ? signOf(found, file, seen) : null;
    if (sign) {
      await pull(tx, ctx, reasonFor(sign));
      await record(tx, ctx, { action: 'instance.restored', outcome: 'failed', code: sign, details: {} });
      log.error({ event: 'restored_database', sign, why: reasonFor(sign) });
    }
    const generation = Math.max(found?.generation ?? 1, sign ? (seen?.generation ?? 0) : 0) + (sign ? 1 : 0);
    const marked = embedded ? (file ?? (await markFile(config.dataDir))) : null;
    const [row] = rowsOf<{ id: string; mark: number }>(
      await tx.execute(sql`insert into instance (id, generation, mark, written_by, timeline, file)
        values (${found?.id ?? newId('hub')}, ${generation}, clock_timestamp(), pg_current_xact_id()::text::bigint,
          ${timeline}, ${marked})
        on conflict ("only") do update set generation = excluded.generation,
          mark = greatest(instance.mark, excluded.mark), written_by = excluded.written_by,
          timeline = coalesce(excluded.timeline, instance.timeline), file = excluded.file
        returning id, extract(epoch from mark)::float8 * 1000 as mark`),
    );
    if (!row) throw new AppError('internal');
    // Where two make the row at the same moment, the id is that of the first.
    return { id: row.id, generation, mark: row.mark };
  });
  await keepWitness(config.dataDir, witness).catch((error: unknown) => {
    if (!before) log.warn({ event: 'witness_not_kept', err: error });
  });
  return { witness };
}

const lookSeconds = 15;

/**
 * Looks before the process serves anything, and again every few seconds, since a database may be put back under a
 * process that goes on. Returns what ends it.
 */
export async function startRestoreGuard(runtime: Runtime): Promise<() => Promise<void>> {
  let watched = await watchInstance(runtime);
  let looking: Promise<void> | undefined;
  const look = () => {
    looking ??= watchInstance(runtime, watched)
      .then((now) => {
        watched = now;
      })
      .catch((error: unknown) => runtime.log.warn({ event: 'instance_not_marked', err: error }))
      .finally(() => {
        looking = undefined;
      });
  };
  const everyLook = setInterval(look, lookSeconds * 1000);
  everyLook.unref();
  return async () => {
    clearInterval(everyLook);
    await looking;
  };
}
