import { and, eq, type SQL, sql } from 'drizzle-orm';
import { alias, type PgColumn } from 'drizzle-orm/pg-core';
import type { ConnectionKey } from '#lib/connections/lease';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import type { ProviderRecord } from '#lib/providers/record';

/** The `status_reason` of a grant that most likely died because somebody else showed its token. */
export const suspectedTheft = 'suspected_theft';

const other = alias(connections, 'other');

/**
 * Whether the database lost what came after a moment of its own: it came from a backup since, or a standby took over that
 * may lack the last seconds. A grant whose row was written last before that may have newer tokens that nobody has.
 */
export const historyLost = (since: SQL | PgColumn): SQL<boolean> =>
  sql<boolean>`exists (select 1 from ${ledger}
    where ${ledger.action} in ('instance.restored', 'instance.promoted') and ${ledger.at} > ${since})`;

/** `historyLost` for one connection since its last refresh or connecting. */
export async function lostHistoryOf(db: Db, key: ConnectionKey): Promise<boolean> {
  const [row] = await db
    .select({ lost: historyLost(sql`greatest(${connections.lastRefreshedAt}, ${connections.connectedAt})`) })
    .from(connections)
    .where(and(eq(connections.personId, key.personId), eq(connections.id, key.id)));
  return row?.lost === true;
}

/**
 * Whether the refusal of our newest refresh token calls for an explanation that we do not have. Where each refresh
 * replaces the token, the provider ends a grant when a replaced one is shown again (RFC 9700 §4.14.2), so if we did not,
 * somebody else may have. Ordinary are: a token that was never replaced, one that is over by its known end or for want
 * of use, an account of which another connection was revoked or made here since, which ends older grants at some
 * providers, and a row that came from a backup: then it is we who show a replaced token.
 */
export async function looksStolen(db: Db, key: ConnectionKey, provider: ProviderRecord): Promise<boolean> {
  if (provider.rotation === 'none') return false;
  const idleDays = provider.idle_keepalive_days;
  const since = connections.lastRefreshedAt;
  const fresh =
    idleDays === null ? sql`true` : sql`${since} > clock_timestamp() - make_interval(days => ${idleDays}::int)`;
  const ours = db
    .select({ id: other.id })
    .from(other)
    .where(
      and(
        eq(other.issuer, connections.issuer),
        eq(other.subject, connections.subject),
        sql`${other.id} <> ${connections.id}`,
        sql`greatest(${other.connectedAt}, ${other.revokedAt}) > ${since}`,
      ),
    );
  const [row] = await db
    .select({
      stolen: sql<boolean>`${since} is not null and ${since} >= ${connections.connectedAt} and ${fresh}
        and coalesce(${connections.refreshTokenExpiresAt} > clock_timestamp(), true) and not exists (${ours})
        and not ${historyLost(since)}`,
    })
    .from(connections)
    .where(and(eq(connections.personId, key.personId), eq(connections.id, key.id)));
  return row?.stolen === true;
}
