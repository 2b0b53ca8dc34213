import { and, asc, desc, lt, ne, not, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { type CappedCount, countCapped, countUpTo } from '#lib/db/count-capped';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { type ConfigurationReport, type ProviderReport, processes } from '#lib/db/schema/processes';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import { goneAfterSeconds } from '#lib/status/heartbeat';

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
  /** How it stands to the files of its configuration; null: a build that reads them at its start only. */
  configuration: ConfigurationReport | null;
  /** The process that answers this request. */
  current: boolean;
}

/** A process's report on its providers. */
export interface ProcessReport {
  id: string;
  lastSeenAt: Date;
  providers: ProviderReport[];
}

/** Gave a sign of life lately. */
export const isAlive = sql<boolean>`${processes.lastSeenAt} > now() - make_interval(secs => ${goneAfterSeconds}::float8)`;

const columns = {
  id: processes.id,
  host: processes.host,
  pid: processes.pid,
  version: processes.version,
  startedAt: processes.startedAt,
  lastSeenAt: processes.lastSeenAt,
  alive: isAlive,
  configuration: processes.configuration,
};

export const listProcessesInput = z.object({
  cursor: z.string().max(500).optional(),
  limit: z.int().min(1).max(1000).default(50),
});
export type ListProcessesInput = z.input<typeof listProcessesInput>;

const sort = 'oldest';

/**
 * The processes that run on this database, the oldest first, a page at a time.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listProcesses(ctx: Context, input: ListProcessesInput = {}): Promise<Page<ProcessView>> {
  requireReader(ctx);
  const { cursor, limit } = parseInput(listProcessesInput, input);
  const at = cursor === undefined ? undefined : decodeCursor(cursor, sort);
  const rows = await ctx.database.db
    .select(columns)
    .from(processes)
    .where(and(isAlive, at && sql`(${processes.startedAt}, ${processes.id}) > (${at.at}::timestamptz, ${at.id})`))
    .orderBy(asc(processes.startedAt), asc(processes.id))
    .limit(limit + 1);
  const items = rows.slice(0, limit).map((row) => ({ ...row, current: row.id === ctx.processId }));
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last ? encodeCursor({ at: last.startedAt.toISOString(), id: last.id, sort }) : null };
}

export interface GoneProcessesView {
  /** The last ones. */
  items: ProcessView[];
  counted: CappedCount;
}

/** So many processes without a sign of life are named: one that restarts in a loop leaves thousands within an hour. */
const mostGone = 10;

/**
 * The processes that gave no sign of life lately and did not say goodbye: the last ones, and how many there are.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listGoneProcesses(ctx: Context): Promise<GoneProcessesView> {
  requireReader(ctx);
  const { db } = ctx.database;
  const rows = await db
    .select(columns)
    .from(processes)
    .where(not(isAlive))
    .orderBy(desc(processes.lastSeenAt), desc(processes.id))
    .limit(mostGone);
  const gone = sql`(select 1 from ${processes} where not ${isAlive} limit ${countUpTo + 1})`;
  return { items: rows.map((row) => ({ ...row, current: false })), counted: await countCapped(db, gone, countUpTo) };
}

/**
 * The last reports of the other running processes on their providers; spans count from `lastSeenAt`.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function readProviderReports(ctx: Context): Promise<ProcessReport[]> {
  requireReader(ctx);
  return ctx.database.db
    .select({ id: processes.id, lastSeenAt: processes.lastSeenAt, providers: processes.providers })
    .from(processes)
    .where(and(isAlive, ne(processes.id, ctx.processId)))
    .orderBy(asc(processes.startedAt), asc(processes.id));
}

/** Removes processes that ended without a word an hour ago. */
export async function purgeProcesses(ctx: Context): Promise<void> {
  await deleteInPages(ctx.database.db, processes, lt(processes.lastSeenAt, sql`now() - interval '1 hour'`));
}
