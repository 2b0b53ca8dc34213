import { desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { apiKeyColumns } from '#lib/api-keys/read-views';
import type { ApiKeyView } from '#lib/api-keys/views';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { keyNetworks } from '#lib/db/schema/alerts';
import { apiKeys } from '#lib/db/schema/api-keys';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

/** Days of UTC that a page shows, with today. */
export const shownDays = 30;
const mostNetworks = 20;

/** Reads of a day (YYYY-MM-DD, UTC), refused ones apart. */
export interface KeyDay {
  day: string;
  reads: number;
  refused: number;
}

/** A key with how it was used: all that an administrator or an auditor asks about it. */
export interface ApiKeyDescription {
  apiKey: ApiKeyView;
  /** The administrator who made it; null where the command line did, or the person is gone. */
  madeBy: { id: string; email: string | null } | null;
  /** The key that was made to replace it, and is not revoked. */
  replacedBy: Pick<ApiKeyView, 'id' | 'name' | 'prefix' | 'createdAt'> | null;
  /** The last 30 days, the oldest first, also those without a call. */
  days: KeyDay[];
  /** The same days by provider, the most read first. */
  providers: { provider: string; reads: number; refused: number }[];
  /** Where reads came from: networks of /24 or /48, the last seen first, 20 at most. */
  networks: { network: string; firstSeenAt: Date; lastSeenAt: Date; reads: number }[];
}

const input = z.object({ id: z.string().max(64) });

/**
 * One key. Its uses are counted as the ledger settles, about a minute late, since the day of the upgrade that counts
 * them.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`, `not_found`
 */
export async function describeApiKey(ctx: Context, given: z.input<typeof input>): Promise<ApiKeyDescription> {
  requireReader(ctx);
  const { id } = parseInput(input, given);
  const { db } = ctx.database;
  const [apiKey] = await db.select(apiKeyColumns).from(apiKeys).where(eq(apiKeys.id, id));
  if (!apiKey) throw new AppError('not_found');
  const [[maker], [replacedBy], days, providers, networks] = await Promise.all([
    db.select({ id: people.id, email: people.email }).from(people).where(eq(people.id, apiKey.createdBy)),
    db
      .select({ id: apiKeys.id, name: apiKeys.name, prefix: apiKeys.prefix, createdAt: apiKeys.createdAt })
      .from(apiKeys)
      .where(sql`${apiKeys.replaces} = ${id} and ${apiKeys.revokedAt} is null`)
      .orderBy(desc(apiKeys.createdAt))
      .limit(1),
    db.execute(sql`
      select to_char(d.day, 'YYYY-MM-DD') as day, coalesce(sum(k.reads), 0)::float8 as reads,
        coalesce(sum(k.refused), 0)::float8 as refused
      from generate_series((clock_timestamp() at time zone 'utc')::date - ${shownDays - 1}::int,
        (clock_timestamp() at time zone 'utc')::date, interval '1 day') as d(day)
        left join key_days k on k.api_key_id = ${id} and k.day = d.day::date
      group by d.day order by d.day`),
    db.execute(sql`
      select provider, sum(reads)::float8 as reads, sum(refused)::float8 as refused from key_days
      where api_key_id = ${id} and day > (clock_timestamp() at time zone 'utc')::date - ${shownDays}::int
      group by provider order by 2 desc, 3 desc, 1`),
    db
      .select({
        network: keyNetworks.network,
        firstSeenAt: keyNetworks.firstSeenAt,
        lastSeenAt: keyNetworks.lastSeenAt,
        reads: keyNetworks.reads,
      })
      .from(keyNetworks)
      .where(eq(keyNetworks.apiKeyId, id))
      .orderBy(desc(keyNetworks.lastSeenAt))
      .limit(mostNetworks),
  ]);
  return {
    apiKey,
    madeBy: maker ?? null,
    replacedBy: replacedBy ?? null,
    days: rowsOf<KeyDay & Record<string, unknown>>(days).map(({ day, reads, refused }) => ({ day, reads, refused })),
    providers: rowsOf<{ provider: string; reads: number; refused: number }>(providers).map((row) => ({ ...row })),
    networks,
  };
}
