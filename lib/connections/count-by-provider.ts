import { type SQL, sql } from 'drizzle-orm';
import { type Freezes, isUnder, standingFreezes } from '#lib/connections/freezes';
import { dueByIndex, spentByIndex } from '#lib/connections/token-clock';
import type { DisplayStatus } from '#lib/connections/views';
import type { Context } from '#lib/context';
import type { CappedCount } from '#lib/db/count-capped';
import { type Db, rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { requireReader } from '#lib/guards/require';

/**
 * Due ones are counted no further: at any moment there may be as many as there are connections, and each must be looked at
 * in its row.
 */
const dueUpTo = 100;

/** How many connections a provider has in each status. */
export interface ProviderCountsView {
  /** Its id for a name where it is set up no more. */
  provider: { id: string; name: string; preset: string };
  /** Whatever their status. */
  total: number;
  /** Each connection once; `connected` includes the ones with a due refresh. */
  counts: Record<Exclude<DisplayStatus, 'refresh_due'>, number>;
  refreshDue: CappedCount;
  /** Of the frozen ones, the ones that need their person once they are thawed. */
  frozenWaiting: number;
}

interface Kept extends Record<string, unknown> {
  provider: string;
  connected: number;
  needs: number;
  revoked: number;
  /** Of the connected ones, the ones that are over with nothing to refresh them. */
  spent: number;
  due: number;
}

const { provider, status, refreshToken, accessTokenExpiresAt } = connections;
const isConnected = sql`${status} = 'connected'`;

/** The counts that triggers keep, and the ones that time alone changes: a range of a narrow index for each provider. */
function keptCounts(freezes: Freezes): SQL {
  const ofStatus = (wanted: string) =>
    sql`coalesce(sum(change) filter (where status = ${sql.raw(`'${wanted}'`)}), 0)::int`;
  const due = (more: SQL) => sql`(select 1 from ${connections} where ${provider} = kept.provider and ${isConnected}
    and ${dueByIndex} and ${more} and not ${isUnder(freezes)} limit ${dueUpTo + 1})`;
  return sql`select kept.*,
      (select count(*) from ${connections} where ${provider} = kept.provider and ${isConnected}
        and ${spentByIndex})::int as spent,
      (select count(*) from (${due(sql`${refreshToken} is not null`)} union all
        ${due(sql`${refreshToken} is null and ${accessTokenExpiresAt} is not null and ${accessTokenExpiresAt} > now()`)}) due)::int
      as due
    from (select provider, ${ofStatus('connected')} as connected, ${ofStatus('needs_reconnect')} as needs,
      ${ofStatus('revoked')} as revoked from connection_counts group by provider) kept`;
}

interface Under extends Record<string, unknown> {
  provider: string;
  connected: number;
  needs: number;
  spent: number;
}

/** Connections under freezes of persons and single connections: few of them, found by their keys. */
async function heldOneByOne(db: Db, freezes: Freezes): Promise<Under[]> {
  const single = { ...freezes, everything: false, providers: [] };
  if (single.persons.length === 0 && single.connections.length === 0) return [];
  const found = await db.execute(sql`select ${provider} as provider,
      (count(*) filter (where ${isConnected} and not ${spentByIndex}))::int as connected,
      (count(*) filter (where ${isConnected} and ${spentByIndex}))::int as spent,
      (count(*) filter (where ${status} = 'needs_reconnect'))::int as needs
    from ${connections} where ${status} <> 'revoked' and ${isUnder(single)} group by 1`);
  return rowsOf<Under>(found);
}

type Counts = Pick<ProviderCountsView, 'counts' | 'frozenWaiting'>;

function inStatuses(kept: Kept, freezes: Freezes, held: Under | undefined): Counts {
  const { revoked } = kept;
  const live = Math.max(0, kept.connected - kept.spent);
  const waiting = kept.needs + kept.spent;
  if (freezes.everything || freezes.providers.includes(kept.provider))
    return {
      counts: { connected: 0, needs_reconnect: 0, frozen: live + waiting, revoked },
      frozenWaiting: waiting,
    };
  const heldWaiting = held ? held.needs + held.spent : 0;
  return {
    counts: {
      connected: Math.max(0, live - (held?.connected ?? 0)),
      needs_reconnect: Math.max(0, waiting - heldWaiting),
      frozen: (held?.connected ?? 0) + heldWaiting,
      revoked,
    },
    frozenWaiting: heldWaiting,
  };
}

/**
 * How many connections each provider has in each status, for administrators and auditors: all that can be
 * connected, then those of which only connections are left. Exact at any number of connections, since they are not counted but kept.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function countByProvider(ctx: Context): Promise<ProviderCountsView[]> {
  requireReader(ctx);
  const { db } = ctx.database;
  const freezes = await standingFreezes(db);
  const [kept, held] = await Promise.all([
    db.execute(keptCounts(freezes)).then((result) => rowsOf<Kept>(result)),
    heldOneByOne(db, freezes),
  ]);
  const listed = ctx.providers.connectable().map(({ id, name, preset }) => ({ id, name, preset: preset ?? 'oidc' }));
  const left = kept
    .filter((row) => row.connected + row.needs + row.revoked > 0 && !listed.some(({ id }) => id === row.provider))
    .map(({ provider: id }) => ({ id, name: ctx.providers.get(id)?.name ?? id, preset: 'oidc' }));
  const named = [...listed, ...left.toSorted((a, b) => a.name.localeCompare(b.name))];
  return named.map((one) => {
    const row = kept.find((each) => each.provider === one.id);
    const own = row ?? { provider: one.id, connected: 0, needs: 0, revoked: 0, spent: 0, due: 0 };
    const under = held.find((each) => each.provider === one.id);
    return {
      provider: one,
      total: own.connected + own.needs + own.revoked,
      ...inStatuses(own, freezes, under),
      refreshDue: { count: Math.min(own.due, dueUpTo), capped: own.due > dueUpTo },
    };
  });
}

/** Rows that one statement folds: the embedded database has one connection, and everybody else waits for it. */
const foldedRows = 1_000;

/**
 * Folds what the triggers appended into one row of a provider and status, the oldest first, in short statements. Any
 * number of processes may do so at once: what another has deleted meanwhile is in its own sum.
 */
export async function foldConnectionCounts({ database }: Pick<Context, 'database'>): Promise<void> {
  for (let last: number | null = 0; last !== null; ) {
    const page = sql`select id from connection_counts where id > ${last} order by id limit ${foldedRows}`;
    const folded: { last: number | null }[] = rowsOf(
      await database.db.execute(sql`
        with page as materialized (${page}),
        many as (select 1 from connection_counts join page using (id) group by provider, status having count(*) > 1),
        gone as (
          delete from connection_counts where id in (select id from page) and exists (select 1 from many)
          returning provider, status, change),
        folded as (
          insert into connection_counts (provider, status, change)
          select provider, status, sum(change) from gone group by provider, status having sum(change) <> 0)
        select max(id)::float8 as last from page`),
    );
    last = folded[0]?.last ?? null;
  }
}
