import { sql } from 'drizzle-orm';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';
import { freezes } from '#lib/db/schema/freezes';
import { timelineOf } from '#lib/db/timeline';
import { AppError } from '#lib/errors';
import { markFile, readMarkFile } from '#lib/freezes/mark-file';
import { isBehind, keepWitness, readWitness, type Witness } from '#lib/freezes/witness';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';

/** Why a database is taken for one that came from a backup. */
const restoreSigns = {
  loaded: 'its rows were loaded from a dump',
  moved: 'its files are a copy of the files that were used last',
  behind: 'this process has seen a later state of it',
  recovered: 'the server went back to an earlier point in time',
} as const;
export type RestoreSign = keyof typeof restoreSigns;

/** A server that took over from another is marked again within minutes; one that was recovered had been still. */
const silence = sql`interval '10 minutes'`;

interface Found extends Record<string, unknown> {
  id: string;
  generation: number;
  timeline: number | null;
  /** Milliseconds since 1970, by the database's clock. */
  mark: number;
  file: string | null;
  loaded: boolean;
  recovered: boolean;
}

/** The row, locked, with what it shows by itself. A loaded row was written by another transaction than it says. */
async function readInstance(tx: Db, timeline: number | null): Promise<Found | undefined> {
  const [row] = rowsOf<Found>(
    await tx.execute(sql`select id, generation, timeline, extract(epoch from mark)::float8 * 1000 as mark, file,
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

/** Sets the freeze over everything; where one stands already, it says from now on also why it must stay. */
async function pull(tx: Db, ctx: Context, why: string): Promise<void> {
  await tx.execute(sql`insert into freezes (id, scope, target, reason, created_by)
    values (${newId('frz')}, 'everything', '', ${why}, 'restore-guard')
    on conflict (scope, target) where lifted_at is null
    do update set reason = ${freezes.reason} || ' ' || excluded.reason`);
  await record(tx, ctx, { action: 'brake.frozen', details: { scope: 'everything', reason: why } });
}

/** A standby took over: which it shows by a higher timeline, where nothing says that the database was put back. */
const wasPromoted = (found: Found, timeline: number | null) =>
  timeline !== null && found.timeline !== null && timeline > found.timeline;

/**
 * Writes down that a standby took over. Commits after the last mark that it had may be missing.
 */
async function recordPromotion(
  tx: Db,
  ctx: Context,
  found: Found,
  timeline: number | null,
  seen: Witness | null,
): Promise<void> {
  const last = (mark: number) => new Date(mark).toISOString();
  const missing = seen && seen.mark > found.mark;
  const details = {
    timeline,
    before: found.timeline,
    /** The last sign of life that it has, and the last one that this process saw. */
    last_mark: last(found.mark),
    ...(seen ? { last_seen: last(seen.mark) } : {}),
  };
  await record(tx, ctx, { action: 'instance.promoted', outcome: missing ? 'failed' : 'ok', code: null, details });
  ctx.log.warn({ event: 'standby_promoted', ...details });
}

const reasonFor = (sign: RestoreSign) =>
  `This database was restored from a backup: ${restoreSigns[sign]}. Refresh tokens in it may be spent, and showing a spent one ends the grant at providers that rotate.`;

/** This process's knowledge of the database that it works on. */
export interface Watched {
  witness: Witness;
  /** The server's timeline as it was seen last; null where it does not say. */
  timeline: number | null;
}

/**
 * Looks whether the database is the one that was used last, and freezes everything where it came from a backup: before
 * the process serves or refreshes anything. A sign that was noticed once is noted in the row, so that thawing is final.
 * Marks the database as used now, and keeps the observations beside it.
 * @param before the last observations of this process; without, the ones of a process that used this data folder
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
    const promoted = found !== undefined && !sign && wasPromoted(found, timeline);
    if (promoted) await recordPromotion(tx, ctx, found, timeline, seen);
    const generation = Math.max(found?.generation ?? 1, sign ? (seen?.generation ?? 0) : 0) + (sign ? 1 : 0);
    const marked = embedded ? (file ?? (await markFile(config.dataDir))) : null;
    const [row] = rowsOf<{ id: string; mark: number }>(
      await tx.execute(sql`insert into instance (id, generation, mark, written_by, timeline, file, promoted_at)
        values (${found?.id ?? newId('hub')}, ${generation}, clock_timestamp(), pg_current_xact_id()::text::bigint,
          ${timeline}, ${marked}, null)
        on conflict ("only") do update set generation = excluded.generation,
          mark = greatest(instance.mark, excluded.mark), written_by = excluded.written_by,
          timeline = coalesce(excluded.timeline, instance.timeline), file = excluded.file,
          promoted_at = case when ${promoted} then clock_timestamp() else instance.promoted_at end
        returning id, extract(epoch from mark)::float8 * 1000 as mark`),
    );
    if (!row) throw new AppError('internal');
    // Where two make the row at the same moment, the id is that of the first.
    return { id: row.id, generation, mark: row.mark };
  });
  await keepWitness(config.dataDir, witness).catch((error: unknown) => {
    if (!before) log.warn({ event: 'witness_not_kept', err: error });
  });
  return { witness, timeline };
}

const lookSeconds = 15;

/** More often than refreshes stand still after a promotion (`lib/db/timeline.ts`): it is one small read. */
const timelineSeconds = 3;

export interface RestoreGuardOptions {
  /** Called once for each promotion that this process notices: answers that it stored lately may be missing. */
  onPromotion?: (ctx: Context) => Promise<unknown>;
}

/**
 * Looks before the process serves anything, and again every few seconds, since a database may be put back under a
 * process that goes on, or a standby take over. Returns what ends it.
 */
export async function startRestoreGuard(
  runtime: Runtime,
  { onPromotion = async () => {} }: RestoreGuardOptions = {},
): Promise<() => Promise<void>> {
  let watched = await watchInstance(runtime);
  let looking: Promise<void> | undefined;
  /** A promotion was noticed, and what it asks for is not done yet. */
  let owed = false;
  const look = async (): Promise<void> => {
    const before = watched.timeline;
    watched = await watchInstance(runtime, watched);
    const { timeline } = watched;
    owed ||= before !== null && timeline !== null && timeline > before;
    if (owed) await onPromotion(systemContext(runtime, 'restore-guard'));
    owed = false;
  };
  const lookIf = (isDue: () => boolean | Promise<boolean>) => {
    looking ??= (async () => {
      try {
        if (await isDue()) await look();
      } catch (error) {
        runtime.log.warn({ event: 'instance_not_marked', err: error });
      } finally {
        looking = undefined;
      }
    })();
  };
  const isRaised = async () => {
    if (owed) return true;
    const timeline = await timelineOf(runtime.database);
    return timeline !== null && watched.timeline !== null && timeline > watched.timeline;
  };
  const everyLook = setInterval(() => lookIf(() => true), lookSeconds * 1000);
  const everyTimeline = setInterval(() => lookIf(isRaised), timelineSeconds * 1000);
  everyLook.unref();
  everyTimeline.unref();
  return async () => {
    clearInterval(everyLook);
    clearInterval(everyTimeline);
    await looking;
  };
}
