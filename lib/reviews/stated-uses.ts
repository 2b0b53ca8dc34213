import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { unheldScopes } from '#lib/oauth/scopes';
import type { ProviderRecord } from '#lib/providers/record';
import { moment } from '#lib/reviews/rows';

/** What services stated longer ago says nothing of today. */
export const statedWithinDays = 90;

/** How services used the tokens of a provider within the last 90 days, as far as they stated it. */
export interface StatedUses {
  /** Services that stated the scope, or one that stands for it, and their calls. */
  of(scope: string): { calls: number; services: number };
  /** Calls that stated no scope, so that the use of none can be ruled out. */
  silentCalls: number;
  /** Services read in that time before the hub counted what they state. */
  readBefore: boolean;
  /** A service read in that time at all. */
  anyRead: boolean;
}

interface Row extends Record<string, unknown> {
  scope: string;
  key: string;
  calls: number;
}

/** True where a service read a token of the provider before the first counted read. */
async function wasReadBefore(ctx: Context, provider: string, from: Date): Promise<boolean> {
  const rows = await ctx.database.db.execute(sql`select 1 from ledger l where l.provider = ${provider}
    and l.action = 'token.vended' and l.api_key_id is not null and l.at >= ${moment(from)}
    and l.at < coalesce((select min(first_at) from stated_scopes where provider = ${provider}), 'infinity') limit 1`);
  return rowsOf(rows).length > 0;
}

/** Reads what services stated about the tokens of a provider until `to`. */
export async function readStatedUses(ctx: Context, provider: ProviderRecord, to: Date): Promise<StatedUses> {
  const from = new Date(to.getTime() - statedWithinDays * 86_400_000);
  const rows = rowsOf<Row>(
    await ctx.database.db.execute(sql`select scope, api_key_id as key, calls::float8 as calls from stated_scopes
      where provider = ${provider.id} and last_at >= ${moment(from)}`),
  );
  const stated = Map.groupBy(
    rows.filter(({ scope }) => scope !== ''),
    ({ scope }) => scope,
  );
  const readBefore = await wasReadBefore(ctx, provider.id, from);
  return {
    of(scope) {
      const byKey = new Map<string, number>();
      for (const [other, uses] of stated) {
        if (unheldScopes(provider, [scope], [other]).length > 0) continue;
        // One call may state several scopes that stand for this one: it counts once.
        for (const { key, calls } of uses) byKey.set(key, Math.max(calls, byKey.get(key) ?? 0));
      }
      return { calls: [...byKey.values()].reduce((sum, calls) => sum + calls, 0), services: byKey.size };
    },
    silentCalls: rows.filter(({ scope }) => scope === '').reduce((sum, { calls }) => sum + calls, 0),
    readBefore,
    anyRead: readBefore || rows.length > 0,
  };
}
