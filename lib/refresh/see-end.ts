import { and, eq, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { accessTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { askIdentity, hasIdentityCall } from '#lib/provider-calls/ask-identity';
import { endpointsOf } from '#lib/provider-calls/endpoints-of';
import type { ProviderRecord } from '#lib/providers/record';
import type { EndName } from '#lib/refresh/ends-of-grants';
import type { ConnectionKey, LeasedRow } from '#lib/refresh/lease';

/** So many people, with grants last read by one key, are several, within so many minutes. */
const severalPeople = 3;
const withinMinutes = 10;

const other = alias(connections, 'other');

/**
 * The parts of a connection's own history that explain why its provider ended the grant, in the order in which they
 * count.
 */
async function explainedBy(ctx: Context, key: ConnectionKey, provider: ProviderRecord) {
  const { db } = ctx.database;
  const idleDays = provider.idle_keepalive_days;
  const since = connections.lastRefreshedAt;
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
  const restored = db
    .select({ id: ledger.id })
    .from(ledger)
    .where(sql`${ledger.action} = 'instance.restored' and ${ledger.at} > ${since}`);
  const [row] = await db
    .select({
      never_replaced: sql<boolean>`${since} is null or ${since} < ${connections.connectedAt}`,
      past_its_end: sql<boolean>`coalesce(${connections.refreshTokenExpiresAt} <= clock_timestamp(), false)`,
      disused:
        idleDays === null
          ? sql<boolean>`false`
          : sql<boolean>`coalesce(${since} <= clock_timestamp() - make_interval(days => ${idleDays}::int), false)`,
      account_elsewhere: sql<boolean>`exists (${ours})`,
      restored: sql<boolean>`exists (${restored})`,
      accessToken: sql<string | null>`case when coalesce(${connections.accessTokenExpiresAt} > clock_timestamp(), true)
        then ${connections.accessToken} end`,
      extras: connections.extras,
    })
    .from(connections)
    .where(and(eq(connections.personId, key.personId), eq(connections.id, key.id)));
  return row;
}

const explanations = ['never_replaced', 'past_its_end', 'disused', 'account_elsewhere', 'restored'] as const;

/** Whether the provider goes on accepting the access token, asked by a harmless call. Any doubt is no. */
async function livesOn(
  ctx: Context,
  provider: ProviderRecord,
  row: LeasedRow,
  shown: { accessToken: string; extras: Record<string, string | number | boolean> },
): Promise<boolean> {
  if (!hasIdentityCall(provider)) return false;
  const { issuer, accountParams } = row;
  try {
    const pinned = await endpointsOf(ctx, provider, { issuer, accountParams });
    await askIdentity(ctx, provider, pinned, { ...shown, accountParams });
    return true;
  } catch (error) {
    ctx.log.debug({ event: 'token_check_failed', provider: provider.id, err: error });
    return false;
  }
}

/** Whether the API key that read this grant last is the one that read several others which ended within minutes. */
async function endedWithOthers(ctx: Context, key: ConnectionKey, { provider }: LeasedRow): Promise<boolean> {
  const [found] = rowsOf<{ people: number }>(
    await ctx.database.db.execute(sql`select count(distinct ended.person_id)::int as people
      from connection_uses own
        join connections ended on ended.provider = ${provider} and ended.person_id <> own.person_id
          and ended.refused_at > clock_timestamp() - make_interval(mins => ${withinMinutes}::int)
        join connection_uses used on used.person_id = ended.person_id and used.connection_id = ended.id
          and used.last_used_by = own.last_used_by
      where own.person_id = ${key.personId} and own.connection_id = ${key.id}`),
  );
  return (found?.people ?? 0) + 1 >= severalPeople;
}

/**
 * The evidence at the end of a grant, after the provider refused its newest refresh token (`endsOfGrants`).
 * @param told.lost what of ours explains it, if anything does: an answer or a history that may be lost
 * @param told.reuse the provider's answer says that the token was used before
 */
export async function seeEnd(
  ctx: Context,
  key: ConnectionKey,
  row: LeasedRow,
  provider: ProviderRecord,
  told: { lost: 'answer_lost' | 'history_lost' | null; reuse: boolean },
): Promise<EndName> {
  if (told.lost) return told.lost;
  if (told.reuse) return 'reuse_reported';
  if (provider.rotation === 'none') return 'not_rotating';
  const found = await explainedBy(ctx, key, provider);
  const known = found && explanations.find((name) => found[name]);
  if (known) return known;
  if (found?.accessToken) {
    const accessToken = ctx.vault.open(found.accessToken, accessTokenPlace(row));
    if (await livesOn(ctx, provider, row, { accessToken, extras: found.extras })) return 'grant_lives_on';
  }
  return (await endedWithOthers(ctx, key, row)) ? 'several_of_one_key' : 'unexplained';
}
