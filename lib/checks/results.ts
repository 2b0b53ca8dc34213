import { desc, eq, type SQL, sql } from 'drizzle-orm';
import { type Check, type PlaybookLine, playbookLines } from '#lib/checks/check';
import { checkOf, checks } from '#lib/checks/list';
import { isOver } from '#lib/checks/run-checks';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { type CheckOutcome, checkRuns } from '#lib/db/schema/checks';
import { people } from '#lib/db/schema/people';
import { requireReader } from '#lib/guards/require';

/** The last result of a check. */
export interface CheckView {
  check: string;
  name: string;
  line: PlaybookLine;
  alert: Check['alert'];
  /** Null for a check of the hub itself. */
  provider: { id: string; name: string } | null;
  result: CheckOutcome;
  lookedAt: string;
  found: string;
  mend: string | null;
  at: Date;
  /** Since when the result has been the same. */
  since: Date;
}

interface Row extends Record<string, unknown> {
  check_id: string;
  provider: string;
  result: CheckOutcome;
  looked_at: string;
  found: string;
  mend: string | null;
  at: Date | string;
  since: Date | string;
}

function toView(ctx: Context, row: Row): CheckView[] {
  const check = checkOf(row.check_id);
  const provider = row.provider === '' ? null : ctx.providers.get(row.provider);
  // Of an earlier build, or of a provider that is configured no more.
  if (!check || provider === undefined) return [];
  return [
    {
      check: check.id,
      name: check.name,
      line: check.line,
      alert: check.alert,
      provider: provider && { id: provider.id, name: provider.name },
      result: row.result,
      lookedAt: row.looked_at,
      found: row.found,
      mend: row.mend,
      at: new Date(row.at),
      since: new Date(row.since),
    },
  ];
}

const order = Object.keys(playbookLines);
const byLine = (a: CheckView, b: CheckView) =>
  order.indexOf(a.line) - order.indexOf(b.line) ||
  checks.findIndex(({ id }) => id === a.check) - checks.findIndex(({ id }) => id === b.check) ||
  (a.provider?.name ?? '').localeCompare(b.provider?.name ?? '');

/** Each check and what it is made for, by which the index finds its last result. */
const pairsOf = (ctx: Context): SQL[] =>
  checks.flatMap(({ id, scope }) =>
    scope === 'hub'
      ? [sql`(${id}::text, '')`]
      : ctx.providers.list().map((provider) => sql`(${id}::text, ${provider.id}::text)`),
  );

async function lastOfEach(ctx: Context, which: SQL): Promise<CheckView[]> {
  const rows = rowsOf<Row>(
    await ctx.database.db.execute(sql`
      select last.* from (values ${sql.join(pairsOf(ctx), sql`, `)}) pair(check_id, provider)
        cross join lateral (select check_id, provider, result, looked_at, found, mend, at, since from check_results r
          where r.check_id = pair.check_id and r.provider = pair.provider and ${which}
          order by at desc, id desc limit 1) last`),
  );
  return rows.flatMap((row) => toView(ctx, row)).sort(byLine);
}

/**
 * The last result of each check, in the order of the playbook.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listLastResults(ctx: Context): Promise<CheckView[]> {
  requireReader(ctx);
  return lastOfEach(ctx, sql`true`);
}

/**
 * The checks that fail, all or of one severity: a check that could not look since then has not passed.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listFailing(ctx: Context, severity?: Check['alert']): Promise<CheckView[]> {
  requireReader(ctx);
  const last = await lastOfEach(ctx, sql`r.result <> 'unknown'`);
  return last.filter(({ result, alert }) => result === 'fails' && (severity === undefined || alert === severity));
}

/** The last run of the checks. */
export interface RunView {
  /** `lost`: the process that ran it is gone. */
  state: 'running' | 'ended' | 'lost';
  /** Null: of the hub and every provider. */
  provider: string | null;
  startedAt: Date;
  endedAt: Date | null;
  startedBy: { id: string; name: string | null } | null;
  /** The results that it has kept so far, of as many as it will keep. */
  done: number;
  of: number;
}

/** The last run, of all or of one provider; null where none ever began. @throws AppError `unauthenticated`, `forbidden` */
export async function lastRun(ctx: Context): Promise<RunView | null> {
  requireReader(ctx);
  const [row] = await ctx.database.db
    .select({
      provider: checkRuns.provider,
      startedAt: checkRuns.startedAt,
      endedAt: checkRuns.endedAt,
      startedBy: checkRuns.startedBy,
      name: sql<string | null>`coalesce(${people.name}, ${people.email})`,
      over: sql<boolean>`${isOver}`,
      done: sql<number>`(select count(*)::int from check_results r where r.run = ${checkRuns.id} and r.at >= ${checkRuns.startedAt})`,
    })
    .from(checkRuns)
    .leftJoin(people, eq(people.id, checkRuns.startedBy))
    .orderBy(desc(checkRuns.startedAt), desc(checkRuns.id))
    .limit(1);
  if (!row) return null;
  const { provider, startedBy, name, over, endedAt, startedAt, done } = row;
  const perProvider = checks.filter(({ scope }) => scope === 'provider').length;
  return {
    state: endedAt ? 'ended' : over ? 'lost' : 'running',
    provider: provider || null,
    startedAt,
    endedAt,
    startedBy: startedBy === null ? null : { id: startedBy, name },
    done,
    of: provider === '' ? pairsOf(ctx).length : perProvider,
  };
}
