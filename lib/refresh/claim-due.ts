import { type SQL, sql } from 'drizzle-orm';
import { isFrozen } from '#lib/connections/frozen';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connectionUses } from '#lib/db/schema/connection-uses';
import { connections } from '#lib/db/schema/connections';
import type { ProviderRecord } from '#lib/providers/record';
import { knownLife, type Leased, type LeasedRow, leaseEnd, leaseIsFree, newLeaseOwner } from '#lib/refresh/lease';

/** Longer than a refresh takes with all its waiting: if the process of a claim died, another takes it then. */
const claimInterval = sql`interval '2 minutes'`;

const life = sql`(${connections.accessTokenExpiresAt} - ${connections.accessTokenIssuedAt})`;
/** A reconnect brings a new grant, so it counts as a refresh and as a use. */
const lastLifeSign = sql`greatest(${connections.lastRefreshedAt}, ${connections.connectedAt})`;
const used = sql`(select ${connectionUses}.last_used_at from ${connectionUses}
  where ${connectionUses}.person_id = ${connections}.person_id and ${connectionUses}.connection_id = ${connections}.id)`;
const lastWanted = sql`greatest(${used}, ${connections.connectedAt})`;
const days = (count: number) => sql`make_interval(days => ${count}::int)`;

interface Reason {
  where: SQL;
  /** The end of its index that is asked for first. */
  order: SQL;
}

/**
 * In use, and about to end: within five minutes or a fifth of its life. In use means read within three lives of its
 * token, at most a day. Tokens that expired more than a day ago count as unused. A token that lives for less than five
 * minutes is not worth it: its callers refresh it as they go.
 */
const aboutToEnd: Reason = {
  where: sql`${connections.accessTokenExpiresAt} between now() - interval '1 day' and now() + interval '5 minutes'
    and ${connections.accessTokenExpiresAt} < now() + least(interval '5 minutes', ${life} / 5)
    and ${life} >= interval '5 minutes'
    and ${used} > now() - least(interval '1 day', ${life} * 3)`,
  order: sql`${connections.accessTokenExpiresAt}`,
};

/**
 * Half of the time after which the provider drops unused grants is over, and somebody wanted the connection lately. The
 * lower bound only keeps given-up grants out of the way: nothing within the window can be older.
 */
function nearUnusedLimit(idleDays: number, windowDays: number): Reason {
  return {
    where: sql`${lastLifeSign} < now() - ${days(idleDays)} / 2
      and ${lastLifeSign} > now() - ${days(windowDays + idleDays)}
      and ${lastWanted} > now() - ${days(windowDays)}`,
    order: lastLifeSign,
  };
}

/** Refused once: some minutes later it is found out whether that is so. */
const inDoubt: Reason = {
  where: sql`${connections.refusedAt} is not null and ${connections.refusedGeneration} = ${connections.generation}`,
  order: sql`${connections.refusedAt}`,
};

/** Why connections of a provider may be due, the more pressing first. */
export function reasonsFor(ctx: Context, provider: ProviderRecord): Reason[] {
  const idleDays = provider.idle_keepalive_days;
  const { keepAliveDays } = ctx.config;
  const disuse = idleDays === null || keepAliveDays === 0 ? [] : [nearUnusedLimit(idleDays, keepAliveDays)];
  return [aboutToEnd, ...disuse, inDoubt];
}

/** The select that finds due connections, for the claim and for a test that looks at its plan. */
export function dueRows(provider: string, { where, order }: Reason, limit: number): SQL {
  return sql`select ${connections.personId}, ${connections.id} from ${connections}
    where ${connections.provider} = ${provider} and ${connections.status} = 'connected'
      and ${connections.refreshToken} is not null and ${where}
      and (${connections.nextRefreshAttemptAt} is null or ${connections.nextRefreshAttemptAt} <= now())
      and (${leaseIsFree()}) and not ${isFrozen}
    order by ${order} limit ${limit}`;
}

/**
 * Claims due connections of a provider for this process: any number of processes may do so at once, and each gets
 * different rows. The statement that finds a row takes its lease, so nothing is locked while the provider is asked. The
 * claim outlasts the lease: callers get the present token meanwhile, and the row of a dead process is not taken up in
 * the same breath.
 */
export async function claimDue(ctx: Context, provider: string, reason: Reason, limit: number): Promise<Leased[]> {
  const owner = newLeaseOwner(ctx);
  // The rows are found in a part of their own, locked: it is run once, whatever the plan of the update.
  const claimed = await ctx.database.db.execute(sql`with due as (${dueRows(provider, reason, limit)}
      for update skip locked)
    update connections set next_refresh_attempt_at = now() + ${claimInterval}, lease_owner = ${owner},
      lease_expires_at = ${leaseEnd}
    from due where connections.person_id = due.person_id and connections.id = due.id
    returning connections.person_id as "personId", connections.id, connections.provider, connections.issuer,
      connections.subject, connections.account_params as "accountParams", connections.refresh_token as "refreshToken",
      connections.generation, connections.last_refresh_error as "lastRefreshError",
      connections.refresh_failures as "refreshFailures", to_jsonb(connections.scopes_granted) as "scopesGranted",
      connections.connected_at::text as "connectedAt", ${knownLife} as "knownLife"`);
  return rowsOf<LeasedRow>(claimed).map((row) => ({
    lease: { personId: row.personId, id: row.id, owner, generation: row.generation },
    row,
  }));
}
