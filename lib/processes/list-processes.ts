import { asc, lt, sql } from 'drizzle-orm';
import { requireReader } from '#lib/access/require';
import type { Context } from '#lib/context';
import { type ProviderReport, processes } from '#lib/db/schema/processes';
import { goneAfterSeconds } from '#lib/processes/heartbeat';

/** A process as the status page shows it. */
export interface ProcessView {
  id: string;
  host: string;
  pid: number;
  version: string;
  startedAt: Date;
  lastSeenAt: Date;
  /** False for one that said nothing lately and did not say goodbye. */
  alive: boolean;
  /** The process that answers this request. */
  current: boolean;
}

/** A process with what it said of its providers, whose spans count from `lastSeenAt`. */
export interface ProcessReport extends ProcessView {
  providers: ProviderReport[];
}

/**
 * The processes on this database with what each said of its providers, the oldest first.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listProcesses(ctx: Context): Promise<ProcessReport[]> {
  requireReader(ctx);
  const rows = await ctx.database.db
    .select({
      id: processes.id,
      host: processes.host,
      pid: processes.pid,
      version: processes.version,
      startedAt: processes.startedAt,
      lastSeenAt: processes.lastSeenAt,
      providers: processes.providers,
      alive: sql<boolean>`${processes.lastSeenAt} > now() - make_interval(secs => ${goneAfterSeconds}::float8)`,
    })
    .from(processes)
    .orderBy(asc(processes.startedAt), asc(processes.id))
    .limit(500);
  return rows.map((row) => ({ ...row, current: row.id === ctx.processId }));
}

/** Removes processes that ended without a word an hour ago. */
export async function purgeProcesses(ctx: Context): Promise<void> {
  await ctx.database.db.delete(processes).where(lt(processes.lastSeenAt, sql`now() - interval '1 hour'`));
}
