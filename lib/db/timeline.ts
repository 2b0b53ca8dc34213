import { type SQL, sql } from 'drizzle-orm';
import { type Database, rowsOf } from '#lib/db/database';
import { instance } from '#lib/db/schema/instance';

/** The server's timeline: a promoted standby and a recovery to an earlier point raise it, and lose what came after. */
const currentTimeline = sql`('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int`;

/**
 * After a promotion every process puts back what it stored and the new primary never saw. For so long nothing is spent;
 * each process looks for a new timeline more often than that (`lib/freezes/restore-guard.ts`).
 */
const settlingSeconds = 10;

const withoutTimeline = new WeakSet<Database>();

function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}

/** No such function, not supported, not allowed: a server that only speaks PostgreSQL's protocol tells no timeline. */
const untold: ReadonlySet<string> = new Set(['42883', '0A000', '42501', '42704', '42846']);

/** Runs a statement with the server's timeline as a part of it; null where the server does not tell it. */
export async function withTimeline<T>(database: Database, run: (timeline: SQL | null) => Promise<T>): Promise<T> {
  if (database.engine === 'pglite' || withoutTimeline.has(database)) return run(null);
  try {
    return await run(currentTimeline);
  } catch (error) {
    if (!untold.has(codeOf(error) ?? '')) throw error;
    withoutTimeline.add(database);
    return run(null);
  }
}

/** The server's timeline; null where it does not say. */
export async function timelineOf(database: Database): Promise<number | null> {
  return withTimeline(database, async (timeline) => {
    if (timeline === null) return null;
    const [row] = rowsOf<{ timeline: number }>(await database.db.execute(sql`select ${timeline} as timeline`));
    return row?.timeline ?? null;
  });
}

/**
 * True from the moment at which a standby has taken over until every process had time to put back what that one never
 * saw: its rows may hold tokens that are spent already.
 */
export function historyIsUnsettled(timeline: SQL | null): SQL<boolean> {
  const raised = timeline === null ? sql`false` : sql`coalesce(${instance.timeline} < ${timeline}, false)`;
  return sql<boolean>`exists (select 1 from ${instance} where ${raised}
    or ${instance.promotedAt} > clock_timestamp() - make_interval(secs => ${settlingSeconds}::float8))`;
}
