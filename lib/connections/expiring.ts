import { type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { type CappedCount, countCapped } from '#lib/db/count-capped';
import { requireReader } from '#lib/guards/require';
import type { ProviderRecord } from '#lib/providers/record';

/**
 * A provider's grants that end soon, as `person_id` and `id`: by the end that the provider named, by disuse although they
 * are kept alive by refreshing, or because nothing can refresh a token that ends.
 * @param most reads no more of each kind, for who counts no further
 */
export function expiringGrants(provider: ProviderRecord, withinDays: number, now: Date, most?: number): SQL {
  const from = sql`${now.toISOString()}::timestamptz`;
  const until = sql`(${from} + make_interval(days => ${withinDays}::int))`;
  const idle = provider.idle_keepalive_days;
  // A grant that is kept alive is refreshed at half of its time: a healthy one never comes this close to its end.
  const idleUntil = sql`(${from} + make_interval(secs => ${Math.min(withinDays, (idle ?? 0) / 4) * 86_400}::float8))`;
  const parts = [
    sql`select person_id, id from connections where status = 'connected' and refresh_token_expires_at is not null
      and refresh_token_expires_at > ${from} and refresh_token_expires_at < ${until} and provider = ${provider.id}`,
    // Tokens that live for a day or less end every day: that is no news of a grant.
    sql`select person_id, id from connections where status = 'connected' and refresh_token is null
      and access_token_expires_at is not null and access_token_expires_at > ${from} and access_token_expires_at < ${until}
      and access_token_expires_at - access_token_issued_at > interval '1 day' and provider = ${provider.id}`,
    ...(idle === null
      ? []
      : [
          sql`select person_id, id from connections where status = 'connected' and refresh_token is not null
            and provider = ${provider.id} and greatest(last_refreshed_at, connected_at) < ${idleUntil} - make_interval(days => ${idle}::int)
            and greatest(last_refreshed_at, connected_at) > ${from} - make_interval(days => ${idle}::int)`,
        ]),
  ];
  const end = most === undefined ? sql`` : sql`limit ${most}`;
  return sql.join(
    parts.map((part) => sql`(${part} ${end})`),
    sql` union `,
  );
}

/** Grants that end within this expire soon, where no rule says otherwise. */
export const expiringWithinDays = 7;

/**
 * How many grants of all providers expire soon: as many as the list of that concern has.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function countExpiringGrants(ctx: Context, upTo: number): Promise<CappedCount> {
  requireReader(ctx);
  const now = new Date();
  const all = ctx.providers.list().map((one) => sql`(${expiringGrants(one, expiringWithinDays, now, upTo + 1)})`);
  if (all.length === 0) return { count: 0, capped: false };
  const rows = sql`(select 1 from (${sql.join(all, sql` union all `)}) expiring limit ${upTo + 1})`;
  return countCapped(ctx.database.db, rows, upTo);
}
