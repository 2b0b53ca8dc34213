import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { alias, type PgColumn } from 'drizzle-orm/pg-core';
import type { ConnectionKey } from '#lib/connections/lease';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import type { LedgerAction } from '#lib/ledger/actions';
import type { ProviderRecord } from '#lib/providers/record';

/** The `status_reason` of a grant that most likely died because somebody else showed its token. */
export const suspectedTheft = 'suspected_theft';

const other = alias(connections, 'other');

/** True where one of these was noticed after a moment of the row's. */
const noticedSince = (since: SQL | PgColumn, actions: readonly LedgerAction[]): SQL<boolean> =>
  sql<boolean>`exists (select 1 from ${ledger} where ${inArray(ledger.action, [...actions])} and ${ledger.at} > ${since})`;

/**
 * Whether a standby took over since the connection's row was refreshed or connected: it may lack a newer token, which
 * nobody has then. A grant that ends is lost, not stolen.
 */
export async function historyLost(db: Db, key: ConnectionKey): Promise<boolean> {
  const since = sql`greatest(${connections.lastRefreshedAt}, ${connections.connectedAt})`;
  const [row] = await db
    .select({ lost: noticedSince(since, ['instance.promoted']) })
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
        and not ${noticedSince(since, ['instance.restored', 'instance.promoted'])}`,
    })
    .from(connections)
    .where(and(eq(connections.personId, key.personId), eq(connections.id, key.id)));
  return row?.stolen === true;
}
